//! How well a player does, and when.

use std::{ops::RangeInclusive, time::Duration};

use rand::RngExt;

/// The best player's usual score, and the worst's.
const BEST: f64 = 24_000.0;
const WORST: f64 = 6_000.0;
/// How much of today's form is left in the next one, and how far it may swing from there. Neighbours are some four
/// per cent apart: so a submission mostly moves by a place or three, and the first place changes hands now and then.
const KEEP: f64 = 0.8;
const SWING: f64 = 0.065;

/// How often a player submits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// Game after game.
    Steady,
    /// A few short games in a row, then a pause.
    Burst,
    /// Now and then.
    Rare,
}

impl Rhythm {
    /// The pause after the `nth` submission.
    pub fn pause(self, nth: u64, rng: &mut impl RngExt) -> Duration {
        let between: RangeInclusive<f64> = match self {
            Self::Steady => 6.0..=14.0,
            Self::Burst if !nth.is_multiple_of(4) => 1.5..=3.0,
            Self::Burst => 20.0..=40.0,
            Self::Rare => 25.0..=60.0,
        };
        Duration::from_secs_f64(rng.random_range(between))
    }
}

/// A player's skill, and the form that wanders around it.
#[derive(Clone, Debug)]
pub struct Form {
    skill: f64,
    form: f64,
}

impl Form {
    /// The form of the player at a place among so many.
    pub fn of(place: usize, players: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a few dozen players")]
        let part = place as f64 / players.max(2).saturating_sub(1) as f64;
        Self { skill: BEST * (WORST / BEST).powf(part), form: 0.0 }
    }

    /// The next game's score: a whole number.
    pub fn play(&mut self, rng: &mut impl RngExt) -> f64 {
        self.form = self.form * KEEP + rng.random_range(-SWING..=SWING);
        (self.skill * (1.0 + self.form)).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_wanders_but_stays_near_the_skill() {
        let mut rng = rand::rng();
        let mut form = Form::of(0, 32);
        for _ in 0..10_000 {
            let score = form.play(&mut rng);
            assert!((0.6 * BEST..=1.4 * BEST).contains(&score), "{score}");
            assert_eq!(score.fract(), 0.0);
        }
    }

    #[test]
    fn thirty_players_submit_a_few_times_a_second_at_the_most() {
        let mut rng = rand::rng();
        let mut mean = |rhythm: Rhythm| {
            (1..=1_000).map(|nth| rhythm.pause(nth, &mut rng).as_secs_f64()).sum::<f64>() / 1_000.0
        };
        let rate: f64 = super::super::cast::CAST.iter().map(|&(_, _, rhythm)| 1.0 / mean(rhythm)).sum();
        assert!((1.5..5.0).contains(&rate), "{rate} a second");
    }
}
