//! Where regions are, as far as their names tell: by what they declare, by the area that a disaster hits, by a
//! city or a country in their name. For drawing only; nothing is decided by it.

/// A place: north, east, in degrees.
pub(super) type Place = (f64, f64);

/// What is known of a region.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Its provider's name for it.
    pub id: &'a str,
    /// ISO 3166-1; empty: not known.
    pub country: &'a str,
    /// Area that one disaster can hit as a whole.
    pub hazard_zone: Option<&'a str>,
    /// As declared: north, east.
    pub location: Option<(f64, f64)>,
}

/// Where it is; nothing where even its country is not known.
pub(super) fn place(region: Known<'_>) -> Option<Place> {
    let zone = region.hazard_zone.and_then(|zone| find(ZONES, zone));
    region.location.or(zone).or_else(|| by_name(region.id)).or_else(|| {
        let first = region.id.split('-').next().unwrap_or_default().to_uppercase();
        find(COUNTRIES, region.country).or_else(|| find(COUNTRIES, &first))
    })
}

/// A city in the name: its words one by one, and two together as in `sao-paulo`.
fn by_name(id: &str) -> Option<Place> {
    let words: Vec<String> = id
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let pairs = words.windows(2).map(|pair| pair.concat());
    let mut names = words.iter().cloned().chain(pairs);
    names.find_map(|name| find(CITIES, &name))
}

fn find(list: &[(&str, f64, f64)], name: &str) -> Option<Place> {
    let (_, north, east) = list.iter().find(|(known, ..)| *known == name)?;
    Some((*north, *east))
}

/// Seats of government of the areas of ISO 3166-2 that regions name most.
const ZONES: &[(&str, f64, f64)] = &[
    ("JP-01", 43.06, 141.35),
    ("JP-02", 40.82, 140.74),
    ("JP-03", 39.70, 141.15),
    ("JP-04", 38.27, 140.87),
    ("JP-05", 39.72, 140.10),
    ("JP-06", 38.24, 140.36),
    ("JP-07", 37.75, 140.47),
    ("JP-08", 36.34, 140.45),
    ("JP-09", 36.57, 139.88),
    ("JP-10", 36.39, 139.06),
    ("JP-11", 35.86, 139.65),
    ("JP-12", 35.61, 140.12),
    ("JP-13", 35.69, 139.69),
    ("JP-14", 35.45, 139.64),
    ("JP-15", 37.90, 139.02),
    ("JP-16", 36.70, 137.21),
    ("JP-17", 36.59, 136.63),
    ("JP-18", 36.07, 136.22),
    ("JP-19", 35.66, 138.57),
    ("JP-20", 36.65, 138.18),
    ("JP-21", 35.39, 136.72),
    ("JP-22", 34.98, 138.38),
    ("JP-23", 35.18, 136.91),
    ("JP-24", 34.73, 136.51),
    ("JP-25", 35.00, 135.87),
    ("JP-26", 35.02, 135.76),
    ("JP-27", 34.69, 135.52),
    ("JP-28", 34.69, 135.18),
    ("JP-29", 34.69, 135.83),
    ("JP-30", 34.23, 135.17),
    ("JP-31", 35.50, 134.24),
    ("JP-32", 35.47, 133.05),
    ("JP-33", 34.66, 133.93),
    ("JP-34", 34.40, 132.46),
    ("JP-35", 34.19, 131.47),
    ("JP-36", 34.07, 134.56),
    ("JP-37", 34.34, 134.04),
    ("JP-38", 33.84, 132.77),
    ("JP-39", 33.56, 133.53),
    ("JP-40", 33.61, 130.42),
    ("JP-41", 33.25, 130.30),
    ("JP-42", 32.74, 129.87),
    ("JP-43", 32.79, 130.74),
    ("JP-44", 33.24, 131.61),
    ("JP-45", 31.91, 131.42),
    ("JP-46", 31.56, 130.56),
    ("JP-47", 26.21, 127.68),
];

/// Cities with data centres, as they stand in names of regions.
const CITIES: &[(&str, f64, f64)] = &[
    ("tokyo", 35.69, 139.69),
    ("osaka", 34.69, 135.50),
    ("sapporo", 43.06, 141.35),
    ("hokkaido", 43.06, 141.35),
    ("ishikari", 43.17, 141.32),
    ("tomakomai", 42.63, 141.60),
    ("sendai", 38.27, 140.87),
    ("aomori", 40.82, 140.74),
    ("yokohama", 35.44, 139.64),
    ("inzai", 35.83, 140.14),
    ("nagoya", 35.18, 136.91),
    ("kyoto", 35.01, 135.77),
    ("kobe", 34.69, 135.20),
    ("hiroshima", 34.39, 132.46),
    ("okayama", 34.66, 133.93),
    ("matsue", 35.47, 133.05),
    ("fukuoka", 33.59, 130.40),
    ("naha", 26.21, 127.68),
    ("okinawa", 26.21, 127.68),
    ("seoul", 37.57, 126.98),
    ("busan", 35.18, 129.08),
    ("taipei", 25.03, 121.57),
    ("hongkong", 22.32, 114.17),
    ("beijing", 39.90, 116.40),
    ("shanghai", 31.23, 121.47),
    ("shenzhen", 22.54, 114.06),
    ("singapore", 1.35, 103.82),
    ("jakarta", -6.21, 106.85),
    ("bangkok", 13.76, 100.50),
    ("manila", 14.60, 120.98),
    ("hanoi", 21.03, 105.85),
    ("mumbai", 19.08, 72.88),
    ("pune", 18.52, 73.86),
    ("chennai", 13.08, 80.27),
    ("hyderabad", 17.39, 78.49),
    ("delhi", 28.61, 77.21),
    ("sydney", -33.87, 151.21),
    ("melbourne", -37.81, 144.96),
    ("perth", -31.95, 115.86),
    ("auckland", -36.85, 174.76),
    ("dubai", 25.20, 55.27),
    ("riyadh", 24.71, 46.68),
    ("telaviv", 32.09, 34.78),
    ("johannesburg", -26.20, 28.05),
    ("capetown", -33.92, 18.42),
    ("frankfurt", 50.11, 8.68),
    ("fra", 50.11, 8.68),
    ("hamburg", 53.55, 9.99),
    ("munich", 48.14, 11.58),
    ("berlin", 52.52, 13.40),
    ("paris", 48.86, 2.35),
    ("lyon", 45.76, 4.84),
    ("gravelines", 50.99, 2.13),
    ("strasbourg", 48.57, 7.75),
    ("amsterdam", 52.37, 4.90),
    ("ams", 52.37, 4.90),
    ("groningen", 53.22, 6.57),
    ("brussels", 50.85, 4.35),
    ("dublin", 53.35, -6.26),
    ("stockholm", 59.33, 18.07),
    ("lulea", 65.58, 22.15),
    ("helsinki", 60.17, 24.94),
    ("oslo", 59.91, 10.75),
    ("copenhagen", 55.68, 12.57),
    ("madrid", 40.42, -3.70),
    ("bilbao", 43.26, -2.93),
    ("lisbon", 38.72, -9.14),
    ("milan", 45.46, 9.19),
    ("rome", 41.90, 12.50),
    ("zurich", 47.37, 8.54),
    ("geneva", 46.20, 6.14),
    ("vienna", 48.21, 16.37),
    ("warsaw", 52.23, 21.01),
    ("prague", 50.08, 14.44),
    ("london", 51.51, -0.13),
    ("leeds", 53.80, -1.55),
    ("cardiff", 51.48, -3.18),
    ("ashburn", 39.04, -77.49),
    ("virginia", 38.00, -78.50),
    ("columbus", 39.96, -83.00),
    ("ohio", 40.20, -82.90),
    ("portland", 45.52, -122.68),
    ("oregon", 45.60, -121.20),
    ("dallas", 32.78, -96.80),
    ("texas", 31.00, -98.00),
    ("chicago", 41.88, -87.63),
    ("iowa", 41.60, -93.60),
    ("newyork", 40.71, -74.01),
    ("seattle", 47.61, -122.33),
    ("california", 37.40, -121.90),
    ("losangeles", 34.05, -118.24),
    ("phoenix", 33.45, -112.07),
    ("miami", 25.76, -80.19),
    ("toronto", 43.65, -79.38),
    ("montreal", 45.50, -73.57),
    ("vancouver", 49.28, -123.12),
    ("saopaulo", -23.55, -46.63),
    ("santiago", -33.45, -70.67),
    ("queretaro", 20.59, -100.39),
    ("bogota", 4.71, -74.07),
    ("buenosaires", -34.60, -58.38),
];

/// Where most data centres of a country are.
const COUNTRIES: &[(&str, f64, f64)] = &[
    ("AE", 24.50, 54.40),
    ("AR", -34.60, -58.40),
    ("AT", 48.20, 16.40),
    ("AU", -33.90, 151.20),
    ("BE", 50.80, 4.40),
    ("BG", 42.70, 23.30),
    ("BR", -23.60, -46.60),
    ("CA", 43.70, -79.40),
    ("CH", 47.40, 8.50),
    ("CL", -33.40, -70.70),
    ("CN", 39.90, 116.40),
    ("CO", 4.70, -74.10),
    ("CZ", 50.10, 14.40),
    ("DE", 50.10, 8.70),
    ("DK", 55.70, 12.60),
    ("EE", 59.40, 24.80),
    ("ES", 40.40, -3.70),
    ("FI", 60.20, 24.90),
    ("FR", 48.90, 2.40),
    ("GB", 51.50, -0.10),
    ("GR", 38.00, 23.70),
    ("HK", 22.30, 114.20),
    ("HU", 47.50, 19.00),
    ("ID", -6.20, 106.80),
    ("IE", 53.30, -6.30),
    ("IL", 32.10, 34.80),
    ("IN", 19.10, 72.90),
    ("IS", 64.10, -21.90),
    ("IT", 45.50, 9.20),
    ("JP", 35.70, 139.70),
    ("KR", 37.60, 127.00),
    ("LT", 54.70, 25.30),
    ("LU", 49.60, 6.10),
    ("LV", 56.90, 24.10),
    ("MX", 20.60, -100.40),
    ("MY", 3.10, 101.70),
    ("NL", 52.40, 4.90),
    ("NO", 59.90, 10.80),
    ("NZ", -36.80, 174.80),
    ("PH", 14.60, 121.00),
    ("PL", 52.20, 21.00),
    ("PT", 38.70, -9.10),
    ("QA", 25.30, 51.50),
    ("RO", 44.40, 26.10),
    ("SA", 24.70, 46.70),
    ("SE", 59.30, 18.10),
    ("SG", 1.40, 103.80),
    ("SK", 48.10, 17.10),
    ("TH", 13.80, 100.50),
    ("TR", 41.00, 29.00),
    ("TW", 25.00, 121.60),
    ("UA", 50.50, 30.50),
    ("US", 39.00, -77.50),
    ("VN", 21.00, 105.90),
    ("ZA", -26.20, 28.00),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn known(id: &str) -> Option<Place> {
        place(Known { id, ..Known::default() })
    }

    #[test]
    fn what_is_declared_comes_before_zone_city_and_country() {
        let all = Known {
            id: "jp-osaka-1",
            country: "JP",
            hazard_zone: Some("JP-01"),
            location: Some((1.5, 2.5)),
        };
        assert_eq!(place(all), Some((1.5, 2.5)));
        assert_eq!(place(Known { location: None, ..all }), Some((43.06, 141.35)));
        assert_eq!(place(Known { location: None, hazard_zone: None, ..all }), known("osaka"));
        let country = Known { id: "one", country: "JP", ..Known::default() };
        assert_eq!(place(country), Some((35.70, 139.70)));
    }

    #[test]
    fn names_of_regions_lead_to_cities_and_else_to_countries() {
        assert_eq!(known("br-sao-paulo"), Some((-23.55, -46.63)));
        assert_eq!(known("eu-fra-1"), Some((50.11, 8.68)));
        assert_eq!(known("de-west-2"), Some((50.10, 8.70)));
        assert_eq!(known("moon-1"), None);
    }
}
