//! What ought to be answered? The rules of DESIGN.md §5 once more, in memory and in a dozen lines, to hold the flow against.

/// What a presented generation gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Tokens of this generation.
    Got(i64),
    /// 503: come back later.
    Wait,
    /// Found out: the family ends.
    Refused,
}

/// A family, as the text has it. Times are whole seconds.
#[derive(Clone, Debug)]
pub struct Rules {
    window: i64,
    generation: i64,
    previous: i64,
    rotated_at: i64,
    answered_at: i64,
    confirmed: bool,
    alive: bool,
}

impl Rules {
    /// A family in its first generation.
    pub fn new(window: i64, now: i64) -> Self {
        Self { window, generation: 1, previous: 0, rotated_at: now, answered_at: now, confirmed: false, alive: true }
    }

    /// Generation `g` is presented.
    pub fn present(&mut self, g: i64, now: i64) -> Outcome {
        if !self.alive {
            return Outcome::Refused;
        }
        if g == self.generation {
            self.previous = g;
            return self.step(now);
        }
        if g == self.previous {
            if now - self.answered_at <= self.window {
                if now - self.rotated_at > 4 * self.window {
                    return Outcome::Wait;
                }
                self.answered_at = self.answered_at.max(now);
                return Outcome::Got(self.generation);
            }
            if !self.confirmed {
                return self.step(now);
            }
        }
        self.alive = false;
        Outcome::Refused
    }

    fn step(&mut self, now: i64) -> Outcome {
        self.generation += 1;
        (self.rotated_at, self.answered_at, self.confirmed) = (now, now, false);
        Outcome::Got(self.generation)
    }

    /// An access token of generation `g` was let in at one of our doors.
    pub fn seen(&mut self, g: i64) {
        self.confirmed |= self.alive && g == self.generation;
    }
}
