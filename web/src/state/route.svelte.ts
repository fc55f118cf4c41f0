/** Where in the application somebody is: the address of the page is the truth, so a reload comes back to it. */

let path = $state(location.pathname);
let search = $state(location.search);

export const route = {
  get parts(): string[] {
    return path.split("/").filter(Boolean);
  },
  get query(): URLSearchParams {
    return new URLSearchParams(search);
  },
};

export function go(to: string, { replace = false } = {}): void {
  history[replace ? "replaceState" : "pushState"]({}, "", to);
  note();
}

function note(): void {
  path = location.pathname;
  search = location.search;
}

/** Let links within the application change the page without loading it anew. */
export function followLinks(node: HTMLElement): () => void {
  const clicked = (event: MouseEvent) => {
    const link = (event.target as Element).closest?.("a");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (link.pathname.startsWith("/v1/") || link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  };
  node.addEventListener("click", clicked);
  window.addEventListener("popstate", note);
  return () => {
    node.removeEventListener("click", clicked);
    window.removeEventListener("popstate", note);
  };
}
