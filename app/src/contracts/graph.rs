//! What a service consists of over all its clouds, as they answer now: a picture and the same as a table.

use axum::{
    extract::{Path, State},
    response::Response,
};
use broker::inventory::{AllocationGraph, ContractGraph, GraphNode, ServiceGraph};
use leptos::prelude::*;
use std::collections::BTreeSet;

use super::{contract_id, inventory::part_word, show};
use crate::{
    AppState, PageContext,
    account::guard,
    format,
    layout::fail,
    render::{Page, page},
    ui::{
        Column, Kind, Look, Table, breadcrumbs,
        chart::{GraphBox, GraphChart, graph_chart},
        empty, link_button, notice, page_head, section,
    },
    words::Words,
};

/// Names of the sections, by seat of an order.
const SECTIONS: [&str; 3] = ["contract-1", "contract-2", "contract-3"];

pub(super) async fn show(
    ctx: PageContext,
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Response {
    if let Some(refusal) = guard::refuse_strangers(&ctx) {
        return refusal;
    }
    let found = match contract_id(&id) {
        Ok(id) => state.broker.service_graph(&ctx.op(), id).await.map(|graph| (id, graph)),
        Err(error) => Err(error),
    };
    match found {
        Ok((id, graph)) => sheet(&ctx, &id.to_string(), &graph),
        Err(error) => fail(&ctx, error),
    }
}

fn sheet(ctx: &PageContext, id: &str, graph: &ServiceGraph) -> Response {
    let words = ctx.words();
    let title = words.contracts_graph_title();
    let name = graph
        .contracts
        .iter()
        .find(|one| one.contract.to_string() == id)
        .map(|one| one.service_name.clone())
        .unwrap_or_default();
    page(ctx, Page::new(format!("{title}: {name}")).private(), || {
        let way = vec![
            (name.clone(), format!("/contracts/{id}")),
            (words.contracts_inventory_title().to_owned(), format!("/contracts/{id}/inventory")),
        ];
        let again = link_button(
            Look::Secondary,
            words.contracts_graph_again(),
            format!("/contracts/{id}/graph"),
        );
        let asked = words.contracts_graph_asked(format::exact_time(ctx.locale, graph.at.0));
        let lead = format!("{} {asked}", words.contracts_graph_lead());
        let parts: Vec<AnyView> =
            graph.contracts.iter().enumerate().map(|(at, one)| contract(ctx, at, one)).collect();
        view! {
            {breadcrumbs(words, way)}
            {page_head(title, Some(lead), vec![again])}
            {parts}
        }
        .into_any()
    })
}

fn contract(ctx: &PageContext, at: usize, one: &ContractGraph) -> AnyView {
    let words = ctx.words();
    let provider = ctx.locale.pick(&one.provider_en, &one.provider_ja);
    let heading = words.contracts_graph_of(&one.service_name, provider);
    let body = match &one.allocations {
        None => silent(words),
        Some(all) if all.is_empty() => {
            empty(words.contracts_graph_none(), words.contracts_graph_none_text(), None)
        }
        Some(all) => all
            .iter()
            .enumerate()
            .map(|(number, one)| allocation(words, &format!("graph-{at}-{number}"), one))
            .collect_view()
            .into_any(),
    };
    section(SECTIONS.get(at).copied().unwrap_or("more"), heading, body)
}

fn silent(words: Words) -> AnyView {
    let text = view! { <p>{words.contracts_graph_silent_text()}</p> }.into_any();
    notice(Kind::Attention, words.contracts_graph_silent(), text)
}

fn allocation(words: Words, id: &str, one: &AllocationGraph) -> AnyView {
    let orphan = one
        .is_orphan
        .then(|| notice(Kind::Attention, words.contracts_graph_orphan(), ().into_any()));
    let Some(nodes) = &one.nodes else {
        return view! { {orphan}{silent(words)} }.into_any();
    };
    let groups = groups(nodes);
    view! {
        {orphan}
        {graph_chart(&chart(words, id, one, &groups))}
        {table(words, one, &groups)}
    }
    .into_any()
}

/// Machines that are alike stand as one, so that a hundred of them are still a picture.
struct Group<'a> {
    node: &'a GraphNode,
    /// All that it stands for, by id.
    ids: BTreeSet<&'a str>,
}

fn groups(nodes: &[GraphNode]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for node in nodes {
        let alike = |group: &&mut Group<'_>| {
            let first = group.node;
            node.kind == "compute"
                && (&first.kind, &first.desired, &first.observed, &first.state, &first.native)
                    == (&node.kind, &node.desired, &node.observed, &node.state, &node.native)
        };
        match groups.iter_mut().find(alike) {
            Some(group) => {
                group.ids.insert(&node.id);
            }
            None => groups.push(Group { node, ids: BTreeSet::from([node.id.as_str()]) }),
        }
    }
    groups
}

/// From the users to the data: who is let in, what answers, what it works on, what protects that.
fn column(kind: &str) -> usize {
    match kind {
        "route" | "endpoint" | "identity" => 0,
        "compute" | "link" => 1,
        "backup" | "key" => 3,
        _ => 2,
    }
}

fn chart(words: Words, id: &str, one: &AllocationGraph, groups: &[Group<'_>]) -> GraphChart {
    // What everything is attached to is drawn around it.
    let network = groups.iter().find(|group| group.node.kind == "network");
    let drawn: Vec<&Group<'_>> =
        groups.iter().filter(|group| group.node.kind != "network").collect();
    let within: Vec<usize> =
        drawn.iter().map(|group| column(&group.node.kind)).filter(|at| *at < 2).collect();
    let count = i64::try_from(drawn.len()).unwrap_or(i64::MAX);
    let holder = |id: &str| drawn.iter().find(|group| group.ids.contains(id));
    let lines = drawn.iter().flat_map(|from| {
        let ends = from.node.relations.iter().filter_map(|(_, to)| holder(to));
        let ends: BTreeSet<&str> = ends.map(|to| to.node.id.as_str()).collect();
        ends.into_iter().map(|to| (from.node.id.clone(), to.to_owned()))
    });
    GraphChart {
        id: id.to_owned(),
        title: words.contracts_graph_picture(&one.allocation),
        description: words.contracts_graph_described(count),
        lines: lines.collect(),
        boxes: drawn.iter().map(|group| one_box(words, group)).collect(),
        frame: network
            .filter(|_| !within.is_empty())
            .map(|network| (title(words, network), within)),
    }
}

fn one_box(words: Words, group: &Group<'_>) -> GraphBox {
    let node = group.node;
    let seen = state_word(words, node, node.observed.as_ref().unwrap_or(&node.state));
    let state = if node.differs() {
        words.contracts_graph_differs(seen, state_word(words, node, &node.desired))
    } else {
        state_word(words, node, &node.desired)
    };
    GraphBox {
        id: node.id.clone(),
        column: column(&node.kind),
        title: title(words, group),
        state,
        attention: node.differs(),
    }
}

fn title(words: Words, group: &Group<'_>) -> String {
    let part = kind_word(words, &group.node.kind);
    match i64::try_from(group.ids.len()) {
        Ok(count) if count > 1 => words.contracts_graph_many(count, part),
        _ => part,
    }
}

fn kind_word(words: Words, kind: &str) -> String {
    let text = match kind {
        "application" => words.contracts_graph_application(),
        "middleware" => words.contracts_graph_middleware(),
        "link" => words.contracts_graph_link_kind(),
        "route" => words.contracts_graph_route(),
        "image" => words.contracts_graph_image(),
        "identity" => words.contracts_graph_identity(),
        "backup" => words.contracts_graph_backup(),
        "key" => words.contracts_graph_key(),
        other => return part_word(words, other),
    };
    text.to_owned()
}

/// Only machines and addresses run; the other parts are in use.
fn state_word(words: Words, node: &GraphNode, state: &str) -> String {
    let runs = matches!(node.kind.as_str(), "compute" | "endpoint");
    match state {
        "ready" | "active" if !runs => words.contracts_inventory_in_use().to_owned(),
        "ready" | "active" if node.kind == "compute" => words.contracts_graph_runs().to_owned(),
        state => show::resource_state(words, state),
    }
}

fn table(words: Words, one: &AllocationGraph, groups: &[Group<'_>]) -> AnyView {
    let columns = vec![
        Column::text(words.contracts_graph_part()),
        Column::text(words.contracts_graph_ordered()),
        Column::text(words.contracts_graph_found()),
        Column::text(words.contracts_graph_joins()),
        Column::text(words.contracts_graph_zone()),
    ];
    let rows = groups.iter().map(|group| {
        let node = group.node;
        let found = node.observed.as_ref().map_or_else(
            || words.contracts_graph_not_looked().to_owned(),
            |state| state_word(words, node, state),
        );
        let ends = node
            .relations
            .iter()
            .filter_map(|(_, to)| groups.iter().find(|group| group.ids.contains(to.as_str())));
        let ends: BTreeSet<String> = ends.map(|to| title(words, to)).collect();
        let ends: Vec<String> = ends.into_iter().collect();
        vec![
            title(words, group).into_any(),
            state_word(words, node, &node.desired).into_any(),
            found.into_any(),
            ends.join(words.contracts_inventory_comma()).into_any(),
            node.zone.clone().into_any(),
        ]
    });
    Table::new(one.allocation.clone(), columns).with_caption().rows(rows).view()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn machine(id: &str, observed: &str) -> GraphNode {
        GraphNode {
            id: id.to_owned(),
            kind: "compute".to_owned(),
            zone: "a".to_owned(),
            state: "active".to_owned(),
            desired: "active".to_owned(),
            observed: Some(observed.to_owned()),
            native: BTreeMap::new(),
            relations: vec![],
        }
    }

    #[test]
    fn machines_that_are_alike_stand_as_one_and_a_broken_one_by_itself() {
        let nodes = [machine("1", "ready"), machine("2", "failed"), machine("3", "ready")];
        let groups = groups(&nodes);
        let counts: Vec<usize> = groups.iter().map(|group| group.ids.len()).collect();
        assert_eq!(counts, [2, 1]);
        let words = crate::words::Locale::En.words();
        let boxes: Vec<GraphBox> = groups.iter().map(|group| one_box(words, group)).collect();
        assert_eq!(boxes[0].title, "2 × machines");
        assert!(!boxes[0].attention && boxes[1].attention);
        assert!(boxes[1].state.contains("failed"), "{boxes:?}");
    }
}
