//! Boxes and lines as SVG.

use super::layout::{BOX, Band, GAP, Layout, MARGIN, Place};
use super::{Graph, Line, Node};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The colours of boxes: for the crates with the most members, in this order, and for the rest.
const FILLS: [&str; 8] =
    ["#dbeafe", "#dcfce7", "#fef3c7", "#fce7f3", "#ede9fe", "#cffafe", "#ffedd5", "#ecfccb"];
const OTHER_FILL: &str = "#f1f5f9";

/// Of more lines, only the shortest ways are drawn: the others would be one grey area.
const MOST_LINES: usize = 6000;

const STYLE: &str = "\
text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#0f172a}\
.title{font-size:20px;font-weight:bold}\
.note,.owner{font-size:10px;fill:#64748b}.note{font-size:12px}\
.name{font-size:12px;font-weight:600}\
.box{stroke:#94a3b8;rx:6px}.end .box{stroke:#334155;stroke-width:2}\
.line{fill:none;stroke:#cbd5e1;stroke-width:.7;opacity:.55}\
.way{stroke:#475569;stroke-width:1.3;opacity:1}\
.indirect{stroke-dasharray:5 3}\
.node:hover .box{stroke:#ea580c;stroke-width:2}\
";

/// The whole file.
pub fn draw(graph: &Graph) -> String {
    let layout = Layout::of(graph);
    let faint = graph.lines.len() <= MOST_LINES;
    let fills = Fills::of(graph);
    let mut svg = Svg::default();
    let (width, height) = (layout.width, layout.height.max(MARGIN.1 * 2.0));
    svg.add(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}{}</style>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        pointed_at(graph.nodes.len())
    ));
    svg.heading(graph, faint);
    svg.legend(&fills);
    svg.bands(&layout);
    svg.lines(graph, &layout, faint);
    for (index, (node, place)) in graph.nodes.iter().zip(&layout.places).enumerate() {
        let is_end = index == 0 || index + 1 == graph.nodes.len();
        svg.node(index, node, *place, fills.of_node(node), is_end);
    }
    svg.0 + "</svg>\n"
}

/// While a box is pointed at, its calls stand out.
fn pointed_at(nodes: usize) -> String {
    let rules = (0..nodes).map(|node| {
        format!("svg:has(#n{node}:hover) #c{node} path{{stroke:#ea580c;stroke-width:2;opacity:1}}")
    });
    rules.collect()
}

/// The colour of each crate.
struct Fills(Vec<(String, &'static str)>);

impl Fills {
    fn of(graph: &Graph) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for node in graph.nodes.iter().filter(|node| !node.label.krate.is_empty()) {
            *counts.entry(&node.label.krate).or_default() += 1;
        }
        let mut crates: Vec<_> = counts.into_iter().collect();
        crates.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let coloured = crates.into_iter().zip(FILLS);
        Fills(coloured.map(|((krate, _), fill)| (krate.to_owned(), fill)).collect())
    }

    fn of_node(&self, node: &Node) -> &'static str {
        let found = self.0.iter().find(|(krate, _)| *krate == node.label.krate);
        found.map_or(OTHER_FILL, |(_, fill)| fill)
    }
}

#[derive(Default)]
struct Svg(String);

impl Svg {
    fn add(&mut self, text: std::fmt::Arguments) {
        self.0.write_fmt(text).expect("a string can be written to");
    }

    fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        self.add(format_args!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>\n",
            escape(text)
        ));
    }

    fn heading(&mut self, graph: &Graph, faint: bool) {
        self.text("title", (24.0, 34.0), &graph.title);
        let others = if faint { "faint: other calls" } else { "other calls are left out" };
        let note = format!("dark: a shortest way to suspend · {others} · dashed: indirect");
        self.text("note", (24.0, 54.0), &note);
    }

    /// Which colour is which crate.
    fn legend(&mut self, fills: &Fills) {
        let mut x = 24.0;
        for (krate, fill) in &fills.0 {
            self.add(format_args!(
                "<rect x=\"{x}\" y=\"63\" width=\"12\" height=\"12\" fill=\"{fill}\" \
                 stroke=\"#94a3b8\"/>\n"
            ));
            self.text("note", (x + 17.0, 73.0), krate);
            x += 17.0 + 7.3 * krate.chars().count() as f64 + 18.0;
        }
    }

    /// How far each band is away from suspending.
    fn bands(&mut self, layout: &Layout) {
        let last = layout.bands.len().saturating_sub(1);
        for (distance, band) in layout.bands.iter().enumerate().take(last).skip(1) {
            let text = if distance == 1 { "1 call".into() } else { format!("{distance} calls") };
            self.text("note", (24.0, (band.top + band.bottom) / 2.0 + 4.0), &text);
        }
    }

    /// Grouped by caller; all of them lie below the boxes.
    fn lines(&mut self, graph: &Graph, layout: &Layout, faint: bool) {
        let mut lines: Vec<&Line> =
            graph.lines.iter().filter(|line| faint || line.shortest).collect();
        lines.sort_by_key(|line| line.caller);
        for calls in lines.chunk_by(|one, other| one.caller == other.caller) {
            self.add(format_args!("<g id=\"c{}\">\n", calls[0].caller));
            calls.iter().for_each(|line| self.line(line, graph, layout));
            self.add(format_args!("</g>\n"));
        }
    }

    fn line(&mut self, line: &Line, graph: &Graph, layout: &Layout) {
        let way = if line.shortest { " way" } else { "" };
        let end = |node: usize| End {
            place: layout.places[node],
            band: layout.bands[graph.nodes[node].band],
        };
        let (caller, callee) = (end(line.caller), end(line.callee));
        let path = if caller.band.top < callee.band.top {
            down(&caller, &callee)
        } else {
            aside(&caller, &callee)
        };
        let (indirect, how) = match line.how {
            None => ("", String::new()),
            Some(how) => (" indirect", format!("<title>by {how}</title>")),
        };
        self.add(format_args!("<path class=\"line{way}{indirect}\" d=\"{path}\">{how}</path>\n"));
    }

    fn node(&mut self, index: usize, node: &Node, place: Place, fill: &str, is_end: bool) {
        let (Place { x, y }, (width, height)) = (place, BOX);
        let end = if is_end { " end" } else { "" };
        self.add(format_args!(
            "<g class=\"node{end}\" id=\"n{index}\"><title>{}</title><rect class=\"box\" x=\"{x}\" \
             y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>\n",
            escape(&node.path)
        ));
        let left = x + 9.0;
        if node.label.owner.is_empty() {
            self.text("name", (left, y + 23.0), &node.label.name);
        } else {
            self.text("owner", (left, y + 14.0), &node.label.owner);
            self.text("name", (left, y + 29.0), &node.label.name);
        }
        self.add(format_args!("</g>\n"));
    }
}

/// One end of a line.
struct End {
    place: Place,
    band: Band,
}

impl End {
    fn middle(&self) -> f64 {
        self.place.x + BOX.0 / 2.0
    }

    /// The free space beside the column, which lines go down in two lanes.
    fn gutter(&self, lane: f64) -> f64 {
        self.place.x - GAP.0 / 2.0 + lane
    }
}

/// The lanes of the lines that leave the boxes of a column, and of those that come to them.
const LEAVE: f64 = -5.0;
const COME: f64 = 5.0;

/// From the lower edge of a box to the upper edge of one in a band below; beside the columns where
/// other rows of their bands are in between.
fn down(caller: &End, callee: &End) -> String {
    let (mut x, mut y) = (caller.middle(), caller.place.y + BOX.1);
    let mut path = format!("M{x} {y}");
    if y < caller.band.bottom {
        x = caller.gutter(LEAVE);
        y += GAP.1;
        path += &format!("Q{} {} {x} {y}V{}", caller.middle(), y - 2.0, caller.band.bottom);
        y = caller.band.bottom;
    }
    let in_first_row = callee.place.y <= callee.band.top;
    let to = if in_first_row { callee.middle() } else { callee.gutter(COME) };
    let half = (y + callee.band.top) / 2.0;
    path += &format!("C{x} {half} {to} {half} {to} {}", callee.band.top);
    if !in_first_row {
        let (x, y) = (callee.middle(), callee.place.y);
        path += &format!("V{}Q{x} {} {x} {y}", y - GAP.1, y - GAP.1 + 2.0);
    }
    path
}

/// From the right edge of a box to that of one in the same band or in one above.
fn aside(caller: &End, callee: &End) -> String {
    let point = |end: &End| (end.place.x + BOX.0, end.place.y + BOX.1 / 2.0);
    let ((x, y), (to_x, to_y)) = (point(caller), point(callee));
    format!("M{x} {y}C{} {y} {} {to_y} {to_x} {to_y}", x + GAP.0 * 2.0, to_x + GAP.0 * 2.0)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
