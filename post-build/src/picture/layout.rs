//! Where each box stands.
//!
//! A band with more functions than [`columns`] has several rows. It is filled column by column, so
//! that neighbours in the order stay neighbours. The order follows from the calls: each function
//! stands near the middle of those it calls in the band below, and of those that call it from the
//! band above.

use super::{Graph, Node};
use std::collections::HashMap;

pub const BOX: (f64, f64) = (204.0, 38.0);
/// The free space between columns, and between the rows of a band: lines run there.
pub const GAP: (f64, f64) = (26.0, 14.0);
/// Between bands.
const BAND_GAP: f64 = 76.0;
/// To the left: how far away a band is.
pub const MARGIN: (f64, f64) = (110.0, 84.0);
/// How often the order is improved.
const SWEEPS: usize = 8;

pub struct Layout {
    pub width: f64,
    pub height: f64,
    /// By node.
    pub places: Vec<Place>,
    /// From the bottom to the top.
    pub bands: Vec<Band>,
}

/// The upper left corner of a box.
#[derive(Clone, Copy, Default)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

/// The upper and the lower edge.
#[derive(Clone, Copy)]
pub struct Band {
    pub top: f64,
    pub bottom: f64,
}

impl Layout {
    pub fn of(graph: &Graph) -> Self {
        let columns = columns(graph.nodes.len());
        let inner = span(columns, BOX.0, GAP.0);
        let mut places = vec![Place::default(); graph.nodes.len()];
        let mut bands = Vec::new();
        let mut top = MARGIN.1;
        for order in orders(graph).iter().rev() {
            let rows = order.len().div_ceil(columns).max(1);
            let left = (inner - span(order.len().div_ceil(rows), BOX.0, GAP.0)) / 2.0;
            for (index, node) in order.iter().enumerate() {
                let (column, row) = ((index / rows) as f64, (index % rows) as f64);
                places[*node] = Place {
                    x: MARGIN.0 + left + column * (BOX.0 + GAP.0),
                    y: top + row * (BOX.1 + GAP.1),
                };
            }
            let bottom = top + span(rows, BOX.1, GAP.1);
            bands.push(Band { top, bottom });
            top = bottom + BAND_GAP;
        }
        bands.reverse();
        let width = MARGIN.0 + inner + MARGIN.0 / 2.0;
        Layout { width, height: top - BAND_GAP + MARGIN.1 / 2.0, places, bands }
    }
}

/// So many that the picture becomes about as high as it is wide.
fn columns(nodes: usize) -> usize {
    ((nodes as f64).sqrt() * 0.7).ceil().max(3.0) as usize
}

fn span(count: usize, size: f64, gap: f64) -> f64 {
    count as f64 * (size + gap) - gap
}

/// The nodes of each band, from left to right; the lowest band first.
fn orders(graph: &Graph) -> Vec<Vec<usize>> {
    let height = graph.nodes.iter().map(|node| node.band + 1).max().unwrap_or(0);
    let mut orders = vec![Vec::new(); height];
    for (node, Node { band, .. }) in graph.nodes.iter().enumerate() {
        orders[*band].push(node);
    }
    let (above, below) = neighbours(graph);
    // Where each node stands in its band, from 0 to 1.
    let mut shares = vec![0.5; graph.nodes.len()];
    for sweep in 0..SWEEPS {
        if sweep % 2 == 0 {
            orders.iter_mut().for_each(|order| arrange(order, &below, &mut shares));
        } else {
            orders.iter_mut().rev().for_each(|order| arrange(order, &above, &mut shares));
        }
    }
    orders
}

/// By node: its callers in the next band above, and its callees in the next band below.
fn neighbours(graph: &Graph) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut above = vec![Vec::new(); graph.nodes.len()];
    let mut below = above.clone();
    for line in &graph.lines {
        if graph.nodes[line.caller].band == graph.nodes[line.callee].band + 1 {
            above[line.callee].push(line.caller);
            below[line.caller].push(line.callee);
        }
    }
    (above, below)
}

/// Orders a band by the middle of each node's neighbours; where that is equal, nothing changes.
fn arrange(order: &mut [usize], neighbours: &[Vec<usize>], shares: &mut [f64]) {
    let middle = |node: usize| match &neighbours[node][..] {
        [] => shares[node],
        found => found.iter().map(|&other| shares[other]).sum::<f64>() / found.len() as f64,
    };
    let middles: HashMap<usize, f64> = order.iter().map(|&node| (node, middle(node))).collect();
    order.sort_by(|one, other| middles[one].total_cmp(&middles[other]));
    let count = order.len() as f64;
    for (index, &node) in order.iter().enumerate() {
        shares[node] = (index as f64 + 0.5) / count;
    }
}
