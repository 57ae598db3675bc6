use super::*;

fn told(numbers: &[u64]) -> Vec<Told> {
    numbers.iter().map(|&number| Told { number, of: "<a> & b".to_owned() }).collect()
}

/// The numbers of an attribute, one of each element that has it.
fn numbers_of(svg: &str, attribute: &str) -> Vec<f64> {
    let parts = svg.split("<rect ").skip(1).filter_map(|part| part.split_once(&format!(" {attribute}=\"")));
    parts.map(|(_, rest)| rest.split('"').next().expect("a value").parse().expect("a number")).collect()
}

#[test]
fn the_largest_number_fills_the_height_and_the_smallest_is_seen() {
    let svg = draw(SPARK, "All", &told(&[0, 1, 1_000_000, u64::MAX]), &[]);
    let (tops, heights) = (numbers_of(&svg, "y"), numbers_of(&svg, "height"));
    assert!(heights[..2] == [2.0, 2.0] && (25.5..=26.0).contains(&heights[2]), "{svg}");
    let ends: Vec<_> = tops.iter().zip(&heights).map(|(top, height)| top + height).collect();
    assert!(ends.iter().all(|end| (end - ends[2]).abs() < 1e-9), "{svg}");
    for numbers in [&[][..], &[0]] {
        assert!(!draw(HALF, "None", &told(numbers), &[]).contains("<rect"));
    }
}

#[test]
fn bars_are_alike_in_width_and_stay_within_the_drawing() {
    for (form, days) in [(HALF, 30), (SPARK, 30), (FULL, 20)] {
        let svg = draw(form, "Days", &told(&vec![7; days]), &[]);
        let (places, widths) = (numbers_of(&svg, "x"), numbers_of(&svg, "width"));
        assert_eq!(widths.len(), days);
        assert!(widths.iter().all(|width| (width - widths[0]).abs() < 0.25), "{widths:?}");
        let ends = places.iter().zip(&widths).map(|(place, width)| place + width);
        assert!(ends.into_iter().all(|end| end <= f64::from(form.size.0)), "{svg}");
    }
}

#[test]
fn a_drawing_has_its_scale_its_dates_and_no_style_of_its_own() {
    let numbers: Vec<_> =
        (0..30).map(|number| Told { number: 50 * number, of: format!("Day {number}") }).collect();
    let svg = draw(HALF, "Requests", &numbers, &weekly(30));
    let texts: Vec<_> =
        svg.split("</text>").filter_map(|part| part.rsplit_once('>')).map(|(_, text)| text).collect();
    assert_eq!(texts[..7], ["800", "1.6k", "Day 29", "Day 22", "Day 15", "Day 8", "Day 1"], "{svg}");
    assert!(["style", "fill", "stroke=", "font"].iter().all(|word| !svg.contains(word)), "{svg}");
    assert_eq!(svg.matches("class=\"grid\"").count(), 2, "{svg}");
}

#[test]
fn what_bars_say_is_text() {
    let svg = draw(FULL, "\"<i>\"", &told(&[1, 2]), &[]);
    assert!(
        svg.contains("<title>&#60;a&#62; &#38; b: 1</title>") && !svg.contains("<i>") && !svg.contains("<a>"),
        "{svg}"
    );
}

#[test]
fn a_scale_ends_at_a_round_number_above_all_others() {
    let tops = [0, 1, 2, 3, 9, 11, 60, 61, 1_450, 99_999].map(top_of_scale);
    assert_eq!(tops, [2, 2, 2, 4, 10, 12, 60, 80, 1_600, 100_000]);
    assert_eq!(top_of_scale(u64::MAX), u64::MAX);
    assert_eq!([0, 400, 1_500, 30_000_000, 4_000_000_000].map(short), ["0", "400", "1.5k", "30M", "4B"]);
}

#[test]
fn what_a_drawing_shows_is_told_in_words() {
    let day = |number, of: &str| Told { number, of: of.to_owned() };
    let days = [day(3, "Nov 1"), day(2_000, "Nov 2"), day(5, "Nov 3")];
    let said = "Requests of each day from Nov 1 to Nov 3; most on Nov 2: 2,000; today 5";
    assert_eq!(summary("Requests", &days), said);
    assert_eq!(
        summary("Requests", &[day(0, "Nov 1")]),
        "Requests of each day from Nov 1 to Nov 1; none; today 0"
    );
}
