import StatsCore

/// How a report looks, on a screen and on paper.
enum ReportStyle {
    static let css = """
        :root { color-scheme: light dark }
        body { font: 15px/1.5 system-ui, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; color: #15181b; background: #fff; margin: 0 auto;
          max-width: 1000px; padding: 24px 20px 60px }
        h1 { font-size: 26px; line-height: 1.2; margin: 0 0 6px; overflow-wrap: anywhere }
        h2 { font-size: 19px; margin: 44px 0 8px; padding-top: 10px; border-top: 1px solid #e0e3e6 }
        p { margin: 6px 0 } .muted { color: #5b636b } .verdict { font-size: 16px; font-weight: 600; padding: 9px 13px; border-radius: 6px;
          margin: 14px 0; overflow-wrap: anywhere; border-left: 5px solid }
        .complete { background: #e9f6ef; border-color: #148a50 } .incomplete { background: #fdf1e4; border-color: #cf6a00 }
        nav a { margin-right: 14px } a { color: #0067a3 }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 10px 0 } dt { color: #5b636b } dd { margin: 0; overflow-wrap: anywhere }
        .scroll { overflow-x: auto; margin: 12px 0 } table { border-collapse: collapse; font-size: 13.5px }
        th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e8ebed; vertical-align: top; max-width: 420px; overflow-wrap: anywhere }
        th { color: #5b636b; font-weight: 600; white-space: nowrap } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
        svg.sonde-chart { max-width: 100%; height: auto; display: block; margin: 14px 0 }
        @media (prefers-color-scheme: dark) { body { color: #e3e7ea; background: #14171a } h2 { border-color: #30363b } a { color: #6cb8f0 }
          .muted, dt, th { color: #98a1aa } th, td { border-color: #282d32 }
          .complete { background: #12301f } .incomplete { background: #3a2710 } }
        @media print { body { max-width: none; padding: 0 } nav { display: none } svg.sonde-chart, tr { break-inside: avoid } h2 { break-after: avoid } }

        """
}
