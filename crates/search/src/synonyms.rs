//! Words that mean the same, from a reviewed list in both languages.

use crate::analyse::{Analyser, Run};
use crate::fold::is_kana;
use std::collections::HashMap;

const LIST: &str = include_str!("../data/synonyms.txt");

/// The list, ready to be looked up by the folded words of a query.
#[derive(Debug)]
pub(crate) struct Synonyms {
    /// Members of each group as they are written.
    groups: Vec<Vec<String>>,
    /// Folded words of a member, and its groups.
    by_words: HashMap<String, Vec<usize>>,
    /// Members that are one word of kana: folded, and as they are written.
    kana: Vec<(Vec<char>, String)>,
    /// Most words of one member.
    longest: usize,
}

impl Synonyms {
    /// Reads the list.
    pub fn load(analyser: &Analyser) -> Self {
        let mut synonyms =
            Self { groups: Vec::new(), by_words: HashMap::new(), kana: Vec::new(), longest: 1 };
        let lines = LIST.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let members: Vec<String> =
                line.split('=').map(|member| member.trim().to_owned()).collect();
            let group = synonyms.groups.len();
            for member in &members {
                let runs = analyser.runs(member);
                if let [Run::Dense(run)] = runs.as_slice()
                    && run.folded.iter().all(|character| is_kana(*character))
                {
                    synonyms.kana.push((run.folded.clone(), member.clone()));
                }
                let keys = keys(&runs);
                synonyms.longest = synonyms.longest.max(keys.len());
                let groups = synonyms.by_words.entry(keys.join(" ")).or_default();
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
            synonyms.groups.push(members);
        }
        synonyms
    }

    /// The members that are one word of kana, folded and as they are written.
    pub fn kana(&self) -> impl Iterator<Item = (&[char], &str)> {
        self.kana.iter().map(|(folded, written)| (folded.as_slice(), written.as_str()))
    }

    /// The longest member that a query goes on with: how many of its runs, and what else can stand there.
    pub fn at(&self, runs: &[Run]) -> Option<(usize, Vec<&str>)> {
        let keys = keys(runs.get(..runs.len().min(self.longest)).unwrap_or_default());
        (1..=keys.len()).rev().find_map(|length| {
            let groups = self.by_words.get(&keys[..length].join(" "))?;
            let members = groups.iter().flat_map(|group| &self.groups[*group]);
            Some((length, members.map(String::as_str).collect()))
        })
    }
}

/// What each run is looked up by: English without its endings, Japanese as it is folded.
fn keys(runs: &[Run]) -> Vec<String> {
    let key = |run: &Run| match run {
        Run::Word(piece) => piece.form.clone().unwrap_or_else(|| piece.text.clone()),
        Run::Dense(run) => run.folded.iter().collect(),
    };
    runs.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn others(text: &str) -> Vec<String> {
        let analyser = Analyser::new(None);
        let synonyms = Synonyms::load(&analyser);
        let found = synonyms.at(&analyser.runs(text));
        found.map(|(_, words)| words.into_iter().map(str::to_owned).collect()).unwrap_or_default()
    }

    #[test]
    fn one_member_leads_to_the_others_in_both_languages() {
        assert!(others("k8s").contains(&"クバネティス".to_owned()));
        assert!(others("データベース").contains(&"DB".to_owned()));
        assert!(others("databases").contains(&"DB".to_owned()), "endings do not matter");
        assert!(others("ｻｰﾊﾞｰﾚｽ").contains(&"FaaS".to_owned()));
        assert!(others("load balancers").contains(&"負荷分散".to_owned()));
        assert!(others("稼働率").contains(&"uptime".to_owned()));
        assert!(others("xyz").is_empty());
    }

    #[test]
    fn the_list_has_no_member_twice_and_no_group_of_one() {
        for line in LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let members: Vec<&str> = line.split('=').map(str::trim).collect();
            assert!(members.len() > 1 && members.iter().all(|member| !member.is_empty()), "{line}");
            let different: BTreeSet<&str> = members.iter().copied().collect();
            assert_eq!(different.len(), members.len(), "{line}");
        }
    }
}
