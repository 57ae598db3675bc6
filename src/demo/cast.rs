//! Who plays. The names are invented: animals, weather and stars, in the scripts that players write.

use super::form::Rhythm::{self, Burst, Rare, Steady};

/// A player's name, vehicle and rhythm. The skill is the place in the list: the first ones are the best.
pub const CAST: [(&str, &str, Rhythm); 32] = [
    ("NightHeron", "Kestrel", Steady),
    ("霜月の狐", "Comet", Burst),
    ("Северный_Лис", "Kestrel", Steady),
    ("صقر الليل", "Falcon", Burst),
    ("quiet-comet", "Comet", Steady),
    ("번개토끼", "Sparrow", Steady),
    ("Αστραπή", "Kestrel", Burst),
    ("夜行的猫", "Comet", Steady),
    ("Drift_Otter", "Falcon", Steady),
    ("बिजली-9", "Sparrow", Burst),
    ("Żbik42", "Kestrel", Steady),
    ("ברק צפוני", "Falcon", Steady),
    ("PixelMagpie", "Comet", Burst),
    ("เสือดำ", "Sparrow", Steady),
    ("Гроза77", "Falcon", Steady),
    ("Coruja_Noturna", "Kestrel", Rare),
    ("みずたまり", "Comet", Steady),
    ("Þrumuský", "Sparrow", Burst),
    ("ქარიშხალი", "Falcon", Steady),
    ("LateLantern", "Kestrel", Steady),
    ("새벽여우", "Comet", Steady),
    ("Νυχτοπούλι", "Sparrow", Rare),
    ("نجمة الصحراء", "Falcon", Steady),
    ("Sao_Băng", "Kestrel", Burst),
    ("ぎんがネコ", "Comet", Steady),
    ("சிறுத்தை", "Sparrow", Steady),
    ("Кит-Кит", "Falcon", Rare),
    ("Şimşek07", "Kestrel", Steady),
    ("Կայծակ", "Comet", Steady),
    ("slow but sure", "Sparrow", Rare),
    ("竹林小熊", "Falcon", Steady),
    ("Puddle_Duck", "Sparrow", Steady),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::name::PlayerName;

    #[test]
    fn every_name_is_one_that_the_api_takes_as_it_stands() {
        for (name, ..) in CAST {
            assert_eq!(PlayerName::parse(name).map(PlayerName::into_string), Ok(name.to_owned()));
        }
        let names: HashSet<_> = CAST.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), CAST.len());
    }
}
