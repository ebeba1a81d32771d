//! How does `grant` behave? The real program against a real server.
//!
//! What is promised, and the tests that hold it (`promises` holds this table to them). A test is named with its file here, with `app/`
//! before it when it is one of the application's own in `tui-client/src/app/tests`, and with `packaging/` in `tests/packaging`.
//!
//! | | promise | tests |
//! |---|---|---|
//! | 1 | the address is printed before a browser is tried, and a browser that does not open stops nothing | waits for the sign-in by browser |
//! | 2 | without a display, or over SSH, the code for another device is chosen unasked | waits for the sign-in by device code |
//! | 3 | the store is written and read before anything is sent | refusals::a_machine_without_a_keyring_is_told_how_to_go_on_before_anything_is_sent, keyring::a_locked_keyring_is_7_and_nothing_is_sent, app/sign_in::a_store_that_cannot_be_used_keeps_anything_from_being_sent |
//! | 4 | without a keyring a person is asked, and a script gets 7 and `--store file` | stores::where_no_keyring_can_be_used_a_person_is_asked_and_to_say_nothing_is_to_stop, refusals::a_machine_without_a_keyring_is_told_how_to_go_on_before_anything_is_sent |
//! | 5 | tokens are in the keyring and in no file | keyring::the_keyring_holds_the_tokens_and_no_file_does |
//! | 6 | a file of tokens is its owner's alone, and the status says `file` | sign_in::a_sign_in_keeps_its_tokens_in_a_file_that_its_owner_alone_can_read, sign_in::the_status_says_who_where_and_until_when |
//! | 7 | an entry with the largest token fits 2,300 bytes | stores::the_entry_of_the_largest_token_of_a_server_as_it_comes_fits_the_smallest_keyring, sign_in::an_entry_has_room_for_the_largest_token_that_the_server_makes_unasked |
//! | 8 | a token that has no room is left out, and the sign-in succeeds | sign_in::a_token_that_has_no_room_is_fetched_each_time_and_the_sign_in_succeeds, stores::an_entry_that_had_no_room_for_the_access_token_gets_one_when_it_is_wanted |
//! | 9 | a process reads its entry once | log::a_process_reads_its_entry_once_and_nothing_is_said_unasked |
//! | 10 | a keyring that is locked is 7 within seconds where nobody can unlock it | keyring::a_locked_keyring_is_7_and_nothing_is_sent, keyring::a_keyring_that_does_not_answer_is_7_where_nobody_can_unlock_it |
//! | 11 | `grant token` prints the token, a line break, and nothing else | sign_in::the_token_is_one_line_and_the_servers_own |
//! | 12 | it never opens a browser, and is 4 where nobody is signed in | token::no_token_ever_opens_a_browser_and_who_is_signed_out_gets_4 |
//! | 13 | a token has the life left that was asked for | token::a_token_has_the_life_left_that_was_asked_for_and_else_a_minute_or_a_fifth, token::a_life_that_no_token_has_is_a_wrong_wish |
//! | 14 | sixteen processes share tokens of two seconds | race::sixteen_processes_share_tokens_of_two_seconds_and_nobody_is_signed_out, keyring::processes_share_the_keyrings_tokens_of_two_seconds_and_nobody_is_signed_out |
//! | 15 | and are killed at any moment | race::processes_that_are_killed_at_any_moment_leave_a_session_that_goes_on |
//! | 16 | a lost answer costs nothing | way::a_lost_answer_to_a_renewal_costs_nothing |
//! | 17 | with the server away a token that lives is given, one that does not is 3, and nobody is signed out | offline::a_token_that_lives_is_given_with_a_warning_and_one_that_does_not_is_3, offline::whoever_was_signed_in_before_the_server_went_away_is_so_when_it_comes_back |
//! | 18 | a refusal after another program renewed is answered with its tokens | way::a_refusal_after_another_program_renewed_the_session_is_answered_with_its_tokens |
//! | 19 | the status is 0, 4 or 3, and its JSON meets the schema | sign_in::the_status_says_who_where_and_until_when, end::a_session_that_was_ended_elsewhere_says_why_and_is_kept_until_it_is_forgotten, offline::the_status_is_offline_also_while_the_token_lives, schemas::what_each_command_prints_in_json_meets_its_schema |
//! | 20 | `GRANT_TOKEN` wins, is named, and keeps nobody from signing in | token::a_token_of_the_environment_wins_over_the_store |
//! | 21 | a sign-out ends the session at the server and empties the store | end::a_sign_out_ends_the_session_at_the_server_and_empties_the_store |
//! | 22 | without the server it forgets, and says that the session lives on | offline::a_sign_out_forgets_and_warns_that_the_session_lives_on |
//! | 23 | ending the others leaves exactly this one | end::ending_the_other_sessions_leaves_exactly_this_one |
//! | 24 | a token is looked at with the network cut, and a foreign one goes nowhere | inspect::a_token_is_verified_with_keys_that_are_kept_also_with_the_network_cut, inspect::a_foreign_token_never_leaves_the_machine_and_an_unknown_key_is_asked_for_once |
//! | 25 | `grant exec` puts no token into an argument | token::a_program_that_is_run_has_the_token_in_no_argument |
//! | 26 | no log holds a secret | log::no_command_writes_a_secret_to_its_log_at_the_most_verbose_level |
//! | 27 | each command's help has an example, and a misspelt flag is told the near one | upkeep::every_command_has_a_help_with_an_example_and_an_unknown_flag_is_told_the_near_one |
//! | 28 | shells load the completion, and mandoc has no complaint | shells::bash_loads_the_completion_and_completes, shells::zsh_loads_the_completion, shells::fish_loads_the_completion_and_completes, shells::nushell_powershell_and_elvish_get_a_completion_and_others_none, shells::the_manual_has_a_page_for_each_command_and_mandoc_has_no_complaint |
//! | 29 | without a terminal on standard input nothing asks | person::without_a_terminal_on_standard_input_nothing_ever_asks, refusals::without_a_terminal_nobody_is_asked |
//! | 30 | Ctrl-C is 130 | stores::ctrl_c_at_a_question_is_130_and_the_terminal_shows_letters_again, stores::ctrl_c_ends_a_sign_in_that_waits_for_its_server; that the port is free again waits for the sign-in by browser |
//! | 31 | git, docker, cargo and kubectl fetch a credential | credential::git_fetches_the_token_for_its_own_host_and_port_and_nothing_for_others, credential::docker_fetches_the_token_through_a_helper_of_its_name_and_is_told_that_there_is_none_for_others, credential::cargo_fetches_the_token_for_a_registry_of_its_own_host, credential::kubectl_fetches_the_token_and_tells_where_it_goes_when_it_is_told_to |
//! | 32 | an unknown setting or store is 2, with its line | settings::an_unknown_key_or_store_is_2_with_its_line_and_nothing_is_changed, refusals::an_unknown_store_setting_or_word_is_2 |
//! | 33 | the first frame waits for no server | app::the_first_frame_waits_for_no_server |
//! | 34 | every screen is drawn in three sizes, and a smaller terminal is told so | app/sign_in::the_screen_that_signs_in_shows_no_password, app/gauge::the_gauge_has_a_word_and_a_time_in_each_of_its_states, app/sessions::the_sessions_are_listed, app/token::a_token_is_read_and_what_it_means_stands_beside, app/activity::what_happened_there_and_here_is_one_list_by_time, app/account::the_account_says_who_it_is, app/admin::each_pane_is_a_list_with_what_is_selected_beside_it, app/looks::a_terminal_that_is_too_small_is_told_the_size_that_is_needed, app::another_size_is_drawn_anew_and_one_that_is_too_small_says_so |
//! | 35 | the gauge has a word and a time in each of its six states | app/gauge::the_gauge_has_a_word_and_a_time_in_each_of_its_states |
//! | 36 | it renews by itself, and says which process did | app/gauge::a_token_that_ends_soon_is_renewed_by_itself_once, app::somebody_signs_in_watches_a_renewal_ends_another_session_and_signs_out, app::another_process_that_renews_is_named |
//! | 37 | after a sleep the state is right | app/gauge::after_a_sleep_of_ten_minutes_the_state_is_right_at_once |
//! | 38 | `NO_COLOR`: no colour, and the selected row is reverse | app::without_colours_none_is_sent_and_the_selected_row_is_reverse, app/looks::without_colours_the_selected_row_is_still_reverse |
//! | 39 | every colour can be read on its background | app/looks::every_colour_can_be_read_on_its_background |
//! | 40 | `LANG=C`: ASCII alone | app::a_locale_without_unicode_gets_ascii_alone, app/looks::with_ascii_alone_nothing_else_is_drawn |
//! | 41 | everything can be done by keys, and has a command, which is there | app/keys::everything_that_can_be_done_is_found_by_name_and_names_its_command, app/keys::the_reference_has_the_table_of_the_keys, packaging/documents::every_command_of_the_terminal_client_that_the_documents_name_is_there |
//! | 42 | `?` lists exactly the keys of the screen | app/keys::the_help_lists_exactly_the_keys_of_the_screen |
//! | 43 | what destroys asks, with no as the answer, and esc closes any layer | app/sessions::a_session_ends_after_a_question_whose_answer_is_no_unless_it_is_yes, app/admin::a_user_is_locked_let_in_signed_out_and_deleted_after_a_question, app/account::signing_out_here_and_everywhere_are_two_keys_with_a_question_each, app/keys::escape_closes_any_layer_and_ctrl_c_leaves_from_anywhere |
//! | 44 | a raw token is hidden until it is asked for, and again after ten seconds | app/token::a_raw_token_is_hidden_until_it_is_asked_for_and_again_after_ten_seconds |
//! | 45 | after Ctrl-Z, a signal or a panic the terminal is as it was | app::it_stops_and_goes_on_and_the_mouse_stays_as_it_was, app::a_signal_ends_it_and_gives_the_terminal_back, app::a_panic_gives_the_terminal_back_and_is_told |
//! | 46 | a mouse that is turned off stays off after a stop | calm::a_mouse_that_is_settled_to_be_the_terminals_stays_so_after_a_stop, app::it_stops_and_goes_on_and_the_mouse_stays_as_it_was |
//! | 47 | at rest a second is one drawing | calm::while_nobody_does_anything_a_second_is_one_drawing_of_what_is_different |
//! | 48 | a session that is ended elsewhere is ENDED, with its reason | app::a_session_that_is_ended_elsewhere_is_shown_as_ended_with_its_reason, app/gauge::a_session_that_was_ended_elsewhere_says_why_and_enter_signs_in_again |
//! | 49 | each list says that it is loading, empty, or could not be fetched | app/sessions::a_list_says_that_it_is_loading_that_it_is_empty_and_that_it_could_not_be_fetched, app/activity::the_list_says_that_it_is_loading_empty_or_could_not_be_fetched, app/admin::a_pane_says_that_it_is_loading_that_it_is_empty_and_that_it_could_not_be_fetched, app/account::an_account_that_is_not_known_yet_is_loading_and_one_that_cannot_be_fetched_says_why |

mod admin;
mod app;
mod calm;
mod clock;
mod credential;
mod doctor;
mod end;
mod inspect;
mod keyring;
mod lists;
mod log;
mod machine;
mod offline;
mod person;
mod promises;
mod race;
mod refusals;
mod schemas;
mod settings;
mod shells;
mod sign_in;
mod stores;
mod tls;
mod token;
mod upkeep;
mod way;
