//! Where plotters draws: an SVG whose parts have classes. Their colours, and the size of their type, are the style
//! sheet's, since a page's policy lets a drawing bring none of its own.

use std::{convert::Infallible, fmt::Write as _};

use askama::filters::{Html, escape};
use plotters::{
    element::{Drawable, PointCollection},
    style::{RGBAColor, RGBColor, ShapeStyle},
};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    text_anchor::{HPos, VPos},
};

/// Pixels of plotters to a unit of the drawing: it rounds to whole ones, which would make bars unlike each other.
pub const FINENESS: u32 = 10;

/// Lines that lie behind what is shown.
pub const GRID: RGBColor = RGBColor(0, 0, 1);
/// The line that bars stand on.
pub const BASE: RGBColor = RGBColor(0, 0, 2);
/// What isn't drawn.
pub const NOTHING: RGBAColor = RGBAColor(0, 0, 0, 0.0);

/// The class of what plotters was told to draw in one of the colours above.
fn class(color: BackendColor) -> &'static str {
    if color.rgb == (BASE.0, BASE.1, BASE.2) { "base" } else { "grid" }
}

/// An SVG in the making.
pub struct Canvas<'a> {
    text: &'a mut String,
    size: (u32, u32),
}

/// A length or place as the SVG has it.
fn units(pixels: i32) -> f64 {
    f64::from(pixels) / f64::from(FINENESS)
}

impl<'a> Canvas<'a> {
    /// One of this many units, at the end of a text.
    pub fn at_the_end_of(text: &'a mut String, (width, height): (u32, u32)) -> Self {
        Self { text, size: (width * FINENESS, height * FINENESS) }
    }

    fn write(&mut self, part: std::fmt::Arguments<'_>) -> Result<(), DrawingErrorKind<Infallible>> {
        self.text.write_fmt(part).expect("a text takes all that is written");
        Ok(())
    }
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    /// Nothing that is asked for here is made of dots.
    fn draw_pixel(&mut self, _: BackendCoord, _: BackendColor) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let color = style.color();
        if color.alpha == 0.0 {
            return Ok(());
        }
        let mut way = String::new();
        for (x, y) in path {
            let step = if way.is_empty() { 'M' } else { 'L' };
            let _ = write!(way, "{step}{} {}", units(x), units(y));
        }
        self.write(format_args!("<path class=\"{}\" d=\"{way}\"/>", class(color)))
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let anchor = style.anchor();
        let across = match anchor.h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // From the base line, which is where an SVG's text stands, in its own size.
        let down = match anchor.v_pos {
            VPos::Top => "0.76em",
            VPos::Center => "0.35em",
            VPos::Bottom => "0",
        };
        let Ok(text) = escape(text, Html);
        self.write(format_args!(
            "<text x=\"{}\" y=\"{}\" dy=\"{down}\" text-anchor=\"{across}\">{text}</text>",
            units(x),
            units(y)
        ))
    }
}

/// A bar from the base up, which says what it stands for when a pointer is on it.
pub struct Column<'a> {
    /// Its place among the others, its number, and where the scale ends.
    pub corners: [(usize, u64); 3],
    /// What it says.
    pub label: &'a str,
    /// Whether it does so anywhere above the bar too.
    pub is_wide: bool,
}

impl<'a> PointCollection<'a, (usize, u64)> for &'a Column<'_> {
    type Point = &'a (usize, u64);
    type IntoIter = &'a [(usize, u64); 3];

    fn point_iter(self) -> Self::IntoIter {
        &self.corners
    }
}

impl Drawable<Canvas<'_>> for Column<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        corners: I,
        canvas: &mut Canvas<'_>,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let corners: Vec<_> = corners.collect();
        let &[(left, base), (right, number), (end, top)] = corners.as_slice() else { return Ok(()) };
        let Ok(label) = escape(self.label, Html);
        canvas.write(format_args!("<g><title>{label}</title>"))?;
        if self.is_wide {
            canvas.write(format_args!(
                "<path class=\"hit\" d=\"M{} {}H{}V{}H{}z\"/>",
                units(left),
                units(top),
                units(end),
                units(base),
                units(left),
            ))?;
        }
        // What is there is seen, however little it is.
        let height = if self.corners[1].1 > 0 { (base - number).max(2 * FINENESS.cast_signed()) } else { 0 };
        if height > 0 {
            let (x, width) = (units(left), units(right - left));
            let (y, height) = (units(base - height), units(height));
            canvas.write(format_args!(
                "<rect class=\"bar\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
            ))?;
        }
        canvas.write(format_args!("</g>"))
    }
}

/// A line in one of the colours above.
pub fn line(color: RGBColor) -> ShapeStyle {
    ShapeStyle { color: color.into(), filled: false, stroke_width: 1 }
}
