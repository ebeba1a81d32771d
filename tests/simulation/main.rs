//! Does nobody lose a session, and no thief keep one? DESIGN.md §5 over the real flow, the clock moved by the test.
