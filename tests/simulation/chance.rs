//! Where does chance come from? From a seed: the same one gives the same run. SplitMix64, which is enough to throw dice.

use std::time::Duration;

/// Dice.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The dice of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 up to but not 1.
    pub fn unit(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).expect("32 bits")) / 4_294_967_296.0
    }

    /// True as often as said, from 0 to 1.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of so many, from 0.
    pub fn one_of(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    /// Between these seconds, all alike.
    pub fn between(&mut self, from: f64, to: f64) -> Duration {
        Duration::from_secs_f64(from + self.unit() * (to - from))
    }

    /// So many seconds in the mean, as between things that do not know of each other.
    pub fn about(&mut self, mean: f64) -> Duration {
        Duration::from_secs_f64(-mean * (1.0 - self.unit()).ln())
    }
}
