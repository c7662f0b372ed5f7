//! Tables of offers from the collected data: one file for each vendor, one row for each machine type.
//! What nobody published stays empty: most promises of most offers are open.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Hours that a month is counted with in price lists.
const HOURS: f64 = 730.0;

/// A table that was written.
#[derive(Debug)]
pub struct Table {
    pub vendor: String,
    pub path: PathBuf,
    pub rows: usize,
}

type Row = BTreeMap<String, String>;

/// Reads a table with a header; a packed one is unpacked.
fn rows(path: &Path) -> Vec<Row> {
    let mut text = String::new();
    let mut file = File::open(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "gz") {
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).unwrap();
    } else {
        file.read_to_string(&mut text).unwrap();
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Where a vendor's machine types run: id and country.
struct Places {
    regions: BTreeMap<String, Vec<(String, String)>>,
    /// Region to the types sold there, for the vendor that publishes it.
    sold: BTreeMap<String, BTreeSet<String>>,
    /// Region to region, milliseconds.
    pings: BTreeMap<(String, String), f64>,
}

impl Places {
    fn read(data: &Path) -> Self {
        let mut regions: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for row in rows(&data.join("sparecores/region.csv")) {
            let place = (row["api_reference"].clone(), row["country_id"].clone());
            regions.entry(row["vendor_id"].clone()).or_default().push(place);
        }
        let mut sold: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in rows(&data.join("aws/ec2_offerings.csv.gz")) {
            sold.entry(row["instance_type"].clone()).or_default().insert(row["region"].clone());
        }
        let mut pings = BTreeMap::new();
        for file in ["aws_inter_region_ping.csv", "gcp_inter_region_ping.csv"] {
            for row in rows(&data.join("latency").join(file)) {
                let ms: f64 = row["avg_ms"].parse().unwrap();
                pings.insert((row["from"].clone(), row["to"].clone()), ms);
            }
        }
        Self { regions, sold, pings }
    }

    fn of(&self, vendor: &str, machine: &str) -> Vec<(String, String)> {
        let all = &self.regions[vendor];
        let here: Vec<_> = match self.sold.get(machine).filter(|_| vendor == "aws") {
            Some(sold) => all.iter().filter(|(id, _)| sold.contains(id)).cloned().collect(),
            None => all.clone(),
        };
        if here.is_empty() { all.clone() } else { here }
    }

    /// From where users are: the shortest round trip from a region in their country.
    fn round_trips(&self, vendor: &str, places: &[(String, String)]) -> String {
        let ids: BTreeSet<&String> = places.iter().map(|(id, _)| id).collect();
        let country: BTreeMap<&String, &String> =
            self.regions[vendor].iter().map(|(id, country)| (id, country)).collect();
        let mut best: BTreeMap<&String, f64> = BTreeMap::new();
        for ((from, to), ms) in &self.pings {
            let Some(users) = country.get(from).filter(|_| ids.contains(to)) else { continue };
            let least = best.entry(users).or_insert(f64::MAX);
            *least = least.min(*ms);
        }
        let shown = best.iter().map(|(users, ms)| format!("{users} {ms:.3}"));
        shown.collect::<Vec<_>>().join("; ")
    }
}

/// US dollars an hour by vendor and size, the cheapest region.
fn prices(data: &Path) -> BTreeMap<(String, String), f64> {
    let mut prices = BTreeMap::new();
    for row in rows(&data.join("prices/libcloud_compute_prices.csv.gz")) {
        let vendor = match row["provider_os"].as_str() {
            "ec2_linux" => "aws",
            "azure_linux" => "azure",
            _ => continue,
        };
        let hour: f64 = row["usd_per_hour"].parse().unwrap();
        // A price of nothing means that the size is not sold there.
        if hour > 0.0 {
            let least = prices.entry((vendor.to_owned(), plain(&row["size"]))).or_insert(f64::MAX);
            *least = least.min(hour);
        }
    }
    prices
}

/// A size without what vendors write around it.
fn plain(size: &str) -> String {
    let letters = size.to_lowercase().replace("standard", "");
    letters.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Uptime of one machine, credits, and where and when it was published.
fn uptime(data: &Path, vendor: &str) -> Option<Row> {
    let (provider, scope) = match vendor {
        "aws" => ("AWS", "single instance"),
        "gcp" => ("GCP", "single instance other families"),
        "azure" => ("Azure", "single VM standard SSD"),
        "ovh" => ("OVHcloud US", "global"),
        _ => return None,
    };
    let facts = rows(&data.join("sla/sla_facts.csv"));
    facts.into_iter().find(|row| row["provider"] == provider && row["scope"] == scope)
}

/// "<99.5:10;<95:100" as the remedy of a document; nothing where no credits are known.
fn remedy(credits: &str) -> Option<String> {
    let steps: Option<Vec<String>> = credits
        .split(';')
        .map(|step| {
            let (below, credit) = step.trim().strip_prefix('<')?.split_once(':')?;
            let credit: f64 = credit.trim().parse().ok()?;
            Some(format!("{{\"below\":\"{} %\",\"credit\":{}}}", below.trim(), credit / 100.0))
        })
        .collect();
    let steps = steps.filter(|steps| !steps.is_empty())?;
    Some(format!("{{\"claim\":\"on-request\",\"schedule\":[{}]}}", steps.join(",")))
}

const HEADER: &[&str] = &[
    "name",
    "title.en",
    "description.en",
    "model",
    "deployment",
    "regions",
    "calendar",
    "timezone",
    "slice_seconds",
    "min_outage_seconds",
    "price.monthly",
    "price.currency",
    "network_to_users",
    "commitment",
    "availability.service_uptime",
    "availability.service_uptime:commitment",
    "availability.service_uptime:remedy",
    "availability.service_uptime:evidence",
    "network.bandwidth",
    "security.data_location",
];

/// Writes a table for each vendor into the folder.
pub fn tables(data: &Path, folder: &Path) -> Vec<Table> {
    let (places, prices) = (Places::read(data), prices(data));
    let mut vendors: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows(&data.join("sparecores/server.csv")) {
        vendors.entry(row["vendor_id"].clone()).or_default().push(row);
    }
    let mut written = Vec::new();
    for (vendor, machines) in vendors {
        let path = folder.join(format!("{vendor}.csv"));
        let mut table = csv::Writer::from_path(&path).unwrap();
        table.write_record(HEADER).unwrap();
        let fact = uptime(data, &vendor);
        let mut names = BTreeSet::new();
        for machine in &machines {
            let name = unique(&mut names, &machine["server_id"]);
            let sizes = (vendor.clone(), plain(&machine["server_id"]));
            let price = prices.get(&sizes).map(|hour| format!("{:.2}", hour * HOURS));
            table
                .write_record(record(&places, &vendor, machine, &name, price, fact.as_ref()))
                .unwrap();
        }
        table.flush().unwrap();
        written.push(Table { vendor, path, rows: machines.len() });
    }
    written
}

/// A document's name that no other machine of the vendor has.
fn unique(names: &mut BTreeSet<String>, id: &str) -> String {
    let plain: String = id
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let short: String = format!("vm-{plain}").chars().take(58).collect();
    let mut name = short.clone();
    let mut number = 2;
    while !names.insert(name.clone()) {
        name = format!("{short}-{number}");
        number += 1;
    }
    name
}

fn record(
    places: &Places,
    vendor: &str,
    machine: &Row,
    name: &str,
    price: Option<String>,
    fact: Option<&Row>,
) -> Vec<String> {
    let here = places.of(vendor, &machine["server_id"]);
    let memory: f64 = machine["memory_amount"].parse().unwrap_or(0.0);
    let regions: Vec<String> = here.iter().map(|(id, country)| format!("{id} {country}")).collect();
    let countries: BTreeSet<&str> = here.iter().map(|(_, country)| country.as_str()).collect();
    let network: f64 = machine["network_speed"].parse().unwrap_or(0.0);
    let bandwidth = if network > 0.0 { format!("{network} Gbps") } else { String::new() };
    let credits = fact.and_then(|fact| remedy(&fact["credit_schedule"]));
    let evidence = fact.map(|fact| {
        format!(
            "[{{\"type\":\"published\",\"source\":\"{}\",\"date\":\"{}\"}}]",
            fact["source_url"], fact["as_of"]
        )
    });
    let class = if credits.is_some() { "guaranteed" } else { "objective" };
    let promised = |text: &str| if fact.is_some() { text.to_owned() } else { String::new() };
    let currency = if price.is_some() { "USD" } else { "" };
    vec![
        name.to_owned(),
        format!(
            "{} ({} vCPU, {:.0} GiB)",
            machine["display_name"],
            machine["vcpus"],
            memory / 1024.0
        ),
        machine["description"].clone(),
        "IaaS".to_owned(),
        "public".to_owned(),
        regions.join("; "),
        "1M".to_owned(),
        "Etc/UTC".to_owned(),
        "60".to_owned(),
        "60".to_owned(),
        price.unwrap_or_default(),
        currency.to_owned(),
        places.round_trips(vendor, &here),
        "declared".to_owned(),
        fact.map(|fact| format!("{} %", fact["value"])).unwrap_or_default(),
        promised(class),
        credits.unwrap_or_default(),
        evidence.unwrap_or_default(),
        bandwidth,
        countries.into_iter().collect::<Vec<_>>().join(" "),
    ]
}
