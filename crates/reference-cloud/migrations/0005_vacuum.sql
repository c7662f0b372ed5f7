-- no-transaction
-- From now on what is deleted is overwritten in the file. What was freed before goes here, once.
VACUUM;
