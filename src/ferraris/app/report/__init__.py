"""Reports: one self-contained HTML file with tables and inline SVG, no script and no outside resource.

`svg` writes elements, `scales` places numbers, `plots`, `bars` and `phasors` draw figures, `page` joins figures, tables
and text into a document that reads on light and on dark screens. All of it is strings from the standard library.

    from ferraris.app.report.page import Marked, Section, bullets, page, pair, paragraph, table
    from ferraris.app.report.plots import Axis, Limit, Series, error_curve, line_plot
    from ferraris.app.report.bars import Bar, bar_chart, ranked_bars
"""
