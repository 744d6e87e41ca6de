/// What `?` shows.
enum TopHelp {
    static let lines: [ScreenLine] = [
        ScreenLine("Keys", .bold),
        ScreenLine("  up down j k PgUp PgDn Home End   choose a line"),
        ScreenLine("  Enter l right                    the container's processes, the node's details"),
        ScreenLine("  Esc h left                       back; no filter; to the first container"),
        ScreenLine("  c m t i p a                      sort by CPU, memory, traffic, I/O, PIDs, name"),
        ScreenLine("  r                                reverse the order"),
        ScreenLine("  /                                only containers with these words in name, id,"),
        ScreenLine("                                   image, node, state, project, service or pod"),
        ScreenLine("  g                                group by project, service, namespace, pod, node"),
        ScreenLine("  n                                nodes on or off"),
        ScreenLine("  e                                what happened of late"),
        ScreenLine("  space                            pause"),
        ScreenLine("  Ctrl-L Ctrl-Z q                  draw anew; suspend; quit"),
        ScreenLine("Values", .bold),
        ScreenLine("  CPU% of containers: 100 is one core; of nodes: of all cores. THR% is how"),
        ScreenLine("  often a container was throttled."),
        ScreenLine("  PSI% is the worst pressure of CPU, memory and I/O. RX TX RD WR are bytes"),
        ScreenLine("  per second. - is not known."),
        ScreenLine("Any key goes back.", .faint),
    ]
}
