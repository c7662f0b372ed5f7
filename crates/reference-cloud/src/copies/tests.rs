//! Copies on a real file system.

use std::cell::Cell;

use super::*;

/// Lets everything pass until so many pieces have gone by.
struct Until(Cell<usize>);

impl Pace for Until {
    fn file(&self) -> Result<(), CopyError> {
        Ok(())
    }

    fn piece(&self, _: usize) -> Result<(), CopyError> {
        match self.0.get().checked_sub(1) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(CopyError::Full),
        }
    }
}

fn free() -> Until {
    Until(Cell::new(usize::MAX))
}

/// A volume with two files and an empty folder, and its kept copy `b`.
fn kept() -> (tempfile::TempDir, Copies, PathBuf, String) {
    let dir = tempfile::tempdir().unwrap();
    let volume = dir.path().join("volume");
    std::fs::create_dir_all(volume.join("sub/empty")).unwrap();
    std::fs::write(volume.join("one"), vec![7; PIECE + 5]).unwrap();
    std::fs::write(volume.join("sub/two"), "two").unwrap();
    let copies = Copies::new(dir.path()).unwrap();
    let files = copies.take("o", &volume, &free()).unwrap();
    let paths: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.bytes)).collect();
    assert_eq!(paths, [("one", 65_541), ("sub/empty/", 0), ("sub/two", 3)]);
    copies.keep("o", "b", &files).unwrap();
    let sha256 = digest(&files);
    (dir, copies, volume, sha256)
}

#[test]
fn a_copy_can_be_read_again_and_put_elsewhere_the_same() {
    let (dir, copies, volume, sha256) = kept();
    assert!(copies.leftovers().unwrap().is_empty());
    copies.check("b", &sha256, None, &free()).unwrap();
    let to = dir.path().join("to");
    copies.check("b", &sha256, Some(&to), &free()).unwrap();
    assert_eq!(read(&to, None, &free()).unwrap(), read(&volume, None, &free()).unwrap());
    assert!(to.join("sub/empty").is_dir());
}

#[test]
fn each_kind_of_damage_is_told_with_its_place() {
    let (_dir, copies, _volume, sha256) = kept();
    let data = copies.path("b").join(DATA);
    std::fs::write(data.join("sub/two"), "TWO").unwrap();
    std::fs::remove_file(data.join("one")).unwrap();
    std::fs::write(data.join("three"), "").unwrap();
    let Err(CopyError::Damaged(damage)) = copies.check("b", &sha256, None, &free()) else {
        panic!("the damage was not found");
    };
    let told: Vec<_> = damage.iter().map(|each| (each.path.as_str(), each.what)).collect();
    let expected = [
        ("one", DamageKind::Missing),
        ("sub/two", DamageKind::Changed),
        ("three", DamageKind::Added),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_list_that_was_changed_or_is_gone_is_damage_of_the_whole() {
    let (_dir, copies, _volume, sha256) = kept();
    let list = copies.path("b").join(LIST);
    let whole = |what| vec![Damage { path: String::new(), what }];
    std::fs::write(&list, std::fs::read_to_string(&list).unwrap().replace("65541", "65542"))
        .unwrap();
    let changed = copies.check("b", &sha256, None, &free());
    assert!(
        matches!(changed, Err(CopyError::Damaged(damage)) if damage == whole(DamageKind::Changed))
    );
    std::fs::remove_file(&list).unwrap();
    let gone = copies.check("b", &sha256, None, &free());
    assert!(
        matches!(gone, Err(CopyError::Damaged(damage)) if damage == whole(DamageKind::Missing))
    );
}

#[test]
fn a_copy_that_stops_half_way_is_no_backup_and_leaves_nothing_when_cleared() {
    let (_dir, copies, volume, _) = kept();
    let stopped = copies.take("second", &volume, &Until(Cell::new(1)));
    assert!(matches!(stopped, Err(CopyError::Full)));
    assert_eq!(copies.leftovers().unwrap(), ["second"]);
    copies.clear("second").unwrap();
    assert!(copies.leftovers().unwrap().is_empty() && !copies.path("second").exists());
}

#[test]
fn what_is_no_file_is_named_and_not_left_out_in_silence() {
    let (_dir, copies, volume, _) = kept();
    std::os::unix::fs::symlink("one", volume.join("sub/link")).unwrap();
    let refused = copies.take("second", &volume, &free()).unwrap_err();
    assert!(refused.to_string().starts_with("sub/link is neither"), "{refused}");
    let gone = copies.take("third", &volume.join("nowhere"), &free());
    assert!(matches!(gone, Err(CopyError::NoVolume)));
}
