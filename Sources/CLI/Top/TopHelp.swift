/// What `?` shows.
enum TopHelp {
    static let lines: [ScreenLine] = [
        ScreenLine("Keys", .bold),
        ScreenLine("  up down j k PgUp PgDn Home End   choose a line"),
        ScreenLine("  Enter l right                    processes of the container, details of the node"),
        ScreenLine("  Esc h left                       back; clear the filter; to the first container"),
        ScreenLine("  c m t i p a                      sort by CPU, memory, traffic, block I/O, PIDs, name"),
        ScreenLine("  r                                reverse the order"),
        ScreenLine("  /                                show only containers with these words in name, id, image,"),
        ScreenLine("                                   node, state, project, service, pod or namespace"),
        ScreenLine("  g                                group by project, service, node, not at all"),
        ScreenLine("  n                                nodes on or off"),
        ScreenLine("  space                            pause"),
        ScreenLine("  Ctrl-L Ctrl-Z q                  draw anew; suspend; quit"),
        ScreenLine("Values", .bold),
        ScreenLine("  CPU% 100 is one core. PSI% is the worst pressure of CPU, memory and I/O. THR% is the share of"),
        ScreenLine("  CPU periods in which the container was throttled. RX TX RD WR are bytes a second. - is not known."),
        ScreenLine("Any key goes back.", .faint),
    ]
}
