// Starts the browser half: loads the module, then wakes every island in document order.
import start, * as half from "./@SCRIPT@";

// Callbacks of the islands around the one being woken; they hand their context to children.
const around = [];

async function wake(node) {
  if (node.localName === "leptos-island") {
    const island = half[node.dataset.component];
    if (island) {
      around.at(-1)?.();
      await island(node);
    } else {
      console.error(`no island named ${node.dataset.component}`);
    }
  }
  const children = node.localName === "leptos-children";
  if (children) around.push(node.$$on_hydrate);
  for (const child of node.children) await wake(child);
  if (children) around.pop();
}

await start({ module_or_path: new URL("./@MODULE@", import.meta.url) });
half.hydrate?.();
await wake(document.body);
// Tests and style sheets may wait for this mark.
document.documentElement.dataset.awake = "yes";
