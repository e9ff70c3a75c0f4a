//! What TypeScript sees of `Serde<T>`: the type that the author gives, of the same name.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use suspendable::{Error, Serde, suspendable};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
export interface Point { x: number; y: number; label: string | null; }
/** One that JavaScript says the name of. No type Hidden is meant. */
export type Shade = 'light' | 'dark';
";

/// Given above.
#[derive(Serialize, Deserialize)]
pub struct Point {
    x: f64,
    y: f64,
    label: Option<String>,
}

/// Given above.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shade {
    /// Of day.
    Light,
    /// Of night.
    Dark,
}

/// Not given.
#[derive(Serialize, Deserialize)]
pub struct Hidden {
    shade: Shade,
}

/// One in, one out.
#[suspendable(js_name = mirrored)]
pub fn mirrored(point: Serde<Point>) -> Serde<Point> {
    let Serde(Point { x, y, label }) = point;
    Serde(Point { x: -x, y, label })
}

/// In what holds several, and behind a `Result`.
#[suspendable(js_name = byShade)]
pub fn by_shade(
    points: Serde<Vec<(Shade, Option<Point>)>>,
) -> Result<Serde<HashMap<String, Vec<Point>>>, Error> {
    let mut found = HashMap::<_, Vec<_>>::new();
    for (shade, point) in points.0 {
        let name = if matches!(shade, Shade::Light) { "light" } else { "dark" };
        found.entry(name.to_owned()).or_default().extend(point);
    }
    Ok(Serde(found))
}

/// No type was given for it.
#[suspendable]
pub fn hide(shade: Serde<Shade>, many: Serde<Vec<Hidden>>) -> Serde<Hidden> {
    drop(many);
    Serde(Hidden { shade: shade.0 })
}

/// The author's own words come before.
#[suspendable(unchecked_return_type = "{ shade: Shade }")]
pub fn shown(
    #[wasm_bindgen(unchecked_param_type = "'light'")] shade: Serde<Shade>,
) -> Serde<Hidden> {
    Serde(Hidden { shade: shade.0 })
}

/// Methods have them too.
#[wasm_bindgen]
pub struct Canvas(Vec<Point>);

#[suspendable]
impl Canvas {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Canvas {
        Canvas(Vec::new())
    }

    /// Adds a point, and says how many there are.
    #[suspendable]
    pub fn add(&mut self, point: Serde<Point>) -> usize {
        self.0.push(point.0);
        self.0.len()
    }

    /// The first one.
    #[suspendable]
    pub fn first(&mut self) -> std::io::Result<Serde<Point>> {
        let point = self.0.pop();
        point.map(Serde).ok_or_else(|| std::io::Error::other("the canvas is empty"))
    }
}
