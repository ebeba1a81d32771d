//! How does it look? In the terminal's own colours, on its own background; a word or a shape says the same without them.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// For so long a terminal may take to name its background.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text.
    Plain,
    /// What matters: titles, the pane that has the keys.
    Strong,
    /// All is well.
    Good,
    /// Soon something is to be done.
    Soon,
    /// Something is wrong.
    Bad,
    /// Somebody else has a copy of a token.
    Alarm,
    /// What can be pressed.
    Key,
    /// The selected row.
    Selected,
}

/// A choice of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// For a dark background.
    Dark,
    /// For a light one.
    Light,
    /// None.
    Mono,
    /// None, and heavier.
    HighContrast,
}

impl Theme {
    /// The theme of this name; `auto` asks the terminal. `NO_COLOR` goes before both.
    #[must_use]
    pub fn choose(name: &str, no_color: bool) -> Self {
        match name {
            _ if no_color => Self::Mono,
            "light" => Self::Light,
            "dark" => Self::Dark,
            "mono" => Self::Mono,
            "high-contrast" => Self::HighContrast,
            _ => {
                let mut options = terminal_colorsaurus::QueryOptions::default();
                options.timeout = PATIENCE;
                match terminal_colorsaurus::theme_mode(options) {
                    Ok(terminal_colorsaurus::ThemeMode::Light) => Self::Light,
                    _ => Self::Dark,
                }
            }
        }
    }

    /// The style of a piece of text.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let style = match role {
            Role::Plain => Style::new(),
            Role::Strong | Role::Key | Role::Good | Role::Soon | Role::Bad => Style::new().add_modifier(Modifier::BOLD),
            Role::Alarm => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Role::Selected => Style::new().add_modifier(Modifier::REVERSED),
        };
        let style = if self == Self::HighContrast { style.add_modifier(Modifier::BOLD) } else { style };
        self.color(role).map_or(style, |color| style.fg(color))
    }

    /// Its colour, of those sixteen that everybody can choose for themselves.
    #[must_use]
    pub const fn color(self, role: Role) -> Option<Color> {
        match (self, role) {
            (Self::Dark, Role::Good) => Some(Color::Green),
            (Self::Dark, Role::Soon) => Some(Color::Yellow),
            (Self::Dark, Role::Bad) => Some(Color::LightRed),
            (Self::Dark, Role::Alarm) => Some(Color::LightMagenta),
            (Self::Dark, Role::Key) => Some(Color::Cyan),
            // Green, yellow and cyan cannot be read on white.
            (Self::Light, Role::Good | Role::Key) => Some(Color::Blue),
            (Self::Light, Role::Soon) => Some(Color::Magenta),
            (Self::Light, Role::Bad | Role::Alarm) => Some(Color::Red),
            _ => None,
        }
    }
}

/// Makes a drawn screen fit for a terminal that knows ASCII alone.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let ascii = match cell.symbol() {
            "─" | "━" | "—" | "–" => "-",
            "│" | "┃" => "|",
            "█" => "#",
            "░" | "…" | "·" => ".",
            "•" => "*",
            "▾" | "↓" => "v",
            "↑" => "^",
            "←" => "<",
            "→" => ">",
            "“" | "”" => "\"",
            symbol if symbol.chars().all(|c| ('\u{2500}'..='\u{257f}').contains(&c)) => "+",
            _ => "?",
        };
        cell.set_symbol(ascii);
    }
}

/// Whether the locale says that letters beyond ASCII cannot be shown, or somebody asked for none.
#[must_use]
pub fn wants_ascii(variable: impl Fn(&str) -> Option<String>) -> bool {
    if variable("GRANT_ASCII").is_some() {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name)).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    !(cfg!(any(windows, target_os = "macos")) || locale.contains("utf-8") || locale.contains("utf8"))
}
