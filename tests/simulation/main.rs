//! Does nobody lose a session, and no thief keep one? DESIGN.md §5 over the real flow and a real database, the clock moved by the test.
//!
//! `GRANTD_SIM_SEED=N` makes the runs of a seed again, `GRANTD_SIM_RUNS=N` makes so many of them however long it takes.
//! A run that fails names its seed: with that one and `GRANTD_SIM_RUNS=1` it is made alone.

mod chance;
mod rules;
mod runs;
mod world;

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use runs::{Runs, first_seed, number, say, sum};
use world::{Faults, Plan, Thief};

/// `tokens.refresh_race_window`, as it is by default.
const WINDOW: u32 = 45;
/// How long the schedules of honest users may take all together, unless their number is given.
const TIME: Duration = Duration::from_mins(2);
/// How often each thief comes.
const THEFTS: u64 = 200;
const THIEVES: [Thief; 3] = [Thief::Leader, Thief::Straggler, Thief::Poller];

/// Three hours of honest users in a bad net. What goes wrong follows from the seed.
fn schedule(seed: u64) -> Plan {
    let pick = |choices: [f64; 3], by: u64| choices[usize::try_from(seed / by % 3).expect("0, 1 or 2")];
    let loss = pick([0.2, 0.5, 0.8], 1);
    let shown = pick([0.0, 0.5, 1.0], 3);
    let faults = Faults { loss, late: loss, doubled: 0.05, asleep: 0.02, locked: seed / 9 % 2 == 1, shown };
    Plan { seed, hours: 3, holders: None, faults, thief: None }
}

/// Twelve hours of one honest holder and a thief.
fn theft(thief: Thief, seed: u64) -> Plan {
    Plan { seed, hours: 12, holders: Some(1), faults: Faults::NONE, thief: Some(thief) }
}

/// As many schedules as run in two minutes, made once for all tests.
fn honest_runs() -> &'static Runs {
    static RUNS: OnceLock<Runs> = OnceLock::new();
    RUNS.get_or_init(|| {
        let (seed, wanted, start) = (first_seed(), number("GRANTD_SIM_RUNS"), Instant::now());
        say(format_args!("honest users: seeds from {seed}"));
        let runs = Runs::make(WINDOW, |index| {
            let more = wanted.map_or_else(|| start.elapsed() < TIME, |wanted| index < wanted);
            more.then(|| schedule(seed.wrapping_add(index)))
        });
        let asked: usize = runs.endings.iter().map(|run| run.answers.len()).sum();
        say(format_args!(
            "honest users: {} schedules of 3 h with {asked} refreshes in {:.0?}, {} signed out",
            runs.endings.len(),
            runs.took,
            runs.endings.iter().filter(|run| run.ended).count()
        ));
        runs
    })
}

/// Each thief, a number of times, made once for all tests.
fn thefts() -> &'static Runs {
    static RUNS: OnceLock<Runs> = OnceLock::new();
    RUNS.get_or_init(|| {
        let seed = first_seed();
        say(format_args!("thieves: seeds from {seed}"));
        Runs::make(WINDOW, |index| {
            let thief = THIEVES.get(usize::try_from(index / THEFTS).ok()?)?;
            Some(theft(*thief, seed.wrapping_add(index % THEFTS)))
        })
    })
}

#[test]
fn no_honest_user_is_signed_out() {
    let signed_out: Vec<_> = honest_runs().endings.iter().filter(|run| run.ended).map(|run| run.plan).collect();
    assert!(signed_out.is_empty(), "{} false logouts, the first of {:?}", signed_out.len(), signed_out[0]);
    assert!(!honest_runs().endings.is_empty(), "nothing was run");
}

#[test]
fn every_thief_is_found_out() {
    for thief in THIEVES {
        let runs: Vec<_> = thefts().endings.iter().filter(|run| run.plan.thief == Some(thief)).collect();
        let mut tokens: Vec<_> = runs.iter().map(|run| run.stolen).collect();
        tokens.sort_unstable();
        let at_large: Vec<_> = runs.iter().filter(|run| !run.ended).map(|run| run.plan).collect();
        say(format_args!(
            "{thief:?}: {} of {} at large after 12 h; tokens got: median {}, most {}",
            at_large.len(),
            runs.len(),
            tokens[tokens.len() / 2],
            tokens[tokens.len() - 1]
        ));
        assert!(at_large.is_empty(), "{at_large:?}");
    }
}

/// A database goes back, and a client does without rotation, in other tests: here neither happens.
#[test]
fn every_row_of_the_table_is_hit_often() {
    let rows = sum(honest_runs().rows, thefts().rows);
    say(format_args!("rows hit: {rows:?}"));
    let least = [rows.step, rows.again, rows.wait, rows.late, rows.replay].into_iter().min().unwrap_or_default();
    // Who asks for a few schedules only wants to see those.
    if number("GRANTD_SIM_RUNS").is_none_or(|runs| runs >= 1000) {
        assert!(least >= 100, "{rows:?}");
    }
    assert_eq!((rows.behind, rows.kept, rows.guards_lost), (0, 0, 0), "nobody is quicker than the one who is alone");
}

/// The simulation can fail: a window that is no longer than the clients' own patience signs honest users out.
#[test]
fn with_a_window_of_ten_seconds_honest_users_are_signed_out() {
    let seed = first_seed();
    let runs = Runs::make(10, |index| (index < 54).then(|| schedule(seed.wrapping_add(index))));
    let signed_out = runs.endings.iter().filter(|run| run.ended).count();
    say(format_args!("a window of 10 s: {signed_out} of {} schedules signed an honest user out", runs.endings.len()));
    assert!(signed_out > 0);
}

#[test]
fn a_seed_makes_the_same_run_again() {
    for plan in [schedule(4), schedule(17), theft(Thief::Poller, 4)] {
        let runs = Runs::make(WINDOW, |index| (index < 2).then_some(plan));
        assert_eq!(runs.endings[0], runs.endings[1]);
        assert!(!runs.endings[0].answers.is_empty());
    }
}
