//! Takes the terminal as the application does, and panics: a test looks at what is left of the terminal.

fn main() -> std::io::Result<()> {
    let _screen = grant::app::terminal::take(true)?;
    #[expect(clippy::panic, reason = "that is what it is for")]
    {
        panic!("on purpose")
    }
}
