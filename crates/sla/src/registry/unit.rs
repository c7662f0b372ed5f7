//! Base units of items, how they are written on input and shown to people.

crate::words::words! {
    /// The base unit of an item: its numbers are always in this unit.
    Unit {
        /// Part of 1; shown as percent.
        Fraction = "fraction",
        /// Seconds.
        Second = "s",
        /// Milliseconds.
        Millisecond = "ms",
        /// Days of 24 hours.
        Day = "d",
        /// Transactions per second.
        PerSecond = "transactions/s",
        /// Megabits (10^6) per second.
        Megabit = "Mbit/s",
        /// Hours per week.
        HoursPerWeek = "h/week",
        /// Virtual processors.
        Vcpu = "vCPU",
        /// A plain ratio such as PUE, 1 and up.
        Ratio = "ratio",
        /// Grams of CO2 equivalent per kilowatt-hour.
        CarbonIntensity = "gCO2e/kWh",
        /// Japanese yen per month, tax excluded; the broker converts at the stored rate.
        YenPerMonth = "JPY/month",
        /// No unit: levels and sets.
        None = "none",
    }
}
