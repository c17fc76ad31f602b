// The demo storefront. Whatever comes from the shop's data is shown as text, never as markup.
"use strict";

const { workspace, texts: written } = document.body.dataset;
const texts = JSON.parse(written);
const language = document.documentElement.lang;
const byId = (id) => document.getElementById(id);

const RESULTS = 12;
const COMPLEMENTS = 4;
const TYPING_MS = 150;

const basket = [];
let open = null;

// The key leaves the address bar at once, so that it is in no screenshot and no bookmark.
const place = `shoplab:${workspace}`;
const key = new URLSearchParams(location.hash.slice(1)).get("key") || sessionStorage.getItem(place);
if (key) {
  sessionStorage.setItem(place, key);
  history.replaceState(null, "", location.pathname + location.search);
}
// Who looks around here; it goes with every list and ends with the tab.
const visit = sessionStorage.getItem("shoplab-visit") || crypto.getRandomValues(new Uint32Array(4)).join("-");
sessionStorage.setItem("shoplab-visit", visit);

function request(path, options) {
  const headers = { Authorization: `Bearer ${key}`, "Accept-Language": language };
  return fetch(`/v1/${encodeURIComponent(workspace)}/${path}`, { headers, ...options });
}

async function ask(path, body) {
  let response;
  try {
    response = await request(path, { method: "POST", body: JSON.stringify(body) });
  } catch {
    throw new Error(texts.offline);
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  return answer;
}

function say(text, isError = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("error", isError);
}

function attempt(work) {
  return (...values) => work(...values).catch((error) => say(error.message, true));
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function factsOf(product) {
  const price =
    product.price === null
      ? ""
      : new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(product.price);
  return [product.brand, price, product.category].filter(Boolean).join(" · ");
}

async function showPicture(image, product) {
  image.dataset.picture = product.picture;
  if (!product.picture) return;
  const response = await request(`pictures/${product.picture}`);
  // Meanwhile another product may have been opened.
  if (!response.ok || image.dataset.picture !== product.picture) return;
  const address = URL.createObjectURL(await response.blob());
  image.addEventListener("load", () => URL.revokeObjectURL(address), { once: true });
  image.src = address;
  image.hidden = false;
}

function card(product, act) {
  const button = element("button", "card", "");
  button.type = "button";
  const image = new Image();
  image.alt = "";
  image.hidden = true;
  const text = element("span", "text", "");
  text.append(element("span", "title", product.title), element("span", "facts", factsOf(product)));
  button.append(image, text);
  button.addEventListener("click", act);
  showPicture(image, product).catch(() => {});
  const item = document.createElement("li");
  item.append(button);
  return item;
}

// Show a list, and keep it, so that what is done with it can be kept too.
async function showList(place, { results, system }, query) {
  const ids = results.map((result) => result.product_id);
  const { products } = await ask("products", { product_ids: ids });
  const shown = { id: "", kept: Promise.resolve() };
  const acted = (product) => attempt(() => openProduct(product, shown));
  place.replaceChildren(...products.map((product) => card(product, acted(product))));
  if (ids.length) {
    const body = { visit, query, system, products: ids };
    shown.kept = ask("feedback", body).then(
      (answer) => { shown.id = answer.list; },
      () => {},
    );
  }
  return products.length;
}

// Acts are kept one after another, since a purchase that overtakes its basket would be learned from.
function act(shown, product, event) {
  const sent = shown.kept.then(async () => {
    if (!shown.id) return;
    await ask("feedback", { list: shown.id, acts: [{ product_id: product.product_id, event }] });
  });
  shown.kept = sent.catch(() => {});
  return sent;
}

let searches = 0;
async function search(query) {
  if (!query.trim()) return;
  const number = ++searches;
  say(texts.searching);
  const { run, answers } = await ask("search", [{ query, k: RESULTS }]);
  if (number !== searches) return;
  const count = await showList(byId("results"), answers[0], query);
  say(count ? "" : texts.nothing);
  byId("run").textContent = `${texts.run} ${run === "untuned" ? texts.untuned : run}`;
}

async function openProduct(product, shown) {
  open = { product, shown };
  byId("product-title").textContent = product.title;
  byId("product-facts").textContent = factsOf(product);
  byId("picture").hidden = true;
  byId("product").hidden = false;
  byId("product").scrollIntoView({ block: "nearest" });
  showPicture(byId("picture"), product).catch(() => {});
  await act(shown, product, "click");
  await showTogether();
}

async function showTogether() {
  const ids = [...basket.map((one) => one.product.product_id), open.product.product_id];
  const together = [...new Set(ids)];
  const { answers } = await ask("cross_sell", [{ basket: together, k: COMPLEMENTS }]);
  const count = await showList(byId("complements"), answers[0], "");
  byId("together").hidden = count === 0;
}

async function addToBasket() {
  basket.push(open);
  showBasket();
  await act(open.shown, open.product, "add_to_cart");
  await showTogether();
}

async function buy() {
  const bought = basket.splice(0);
  showBasket();
  say(texts.bought);
  for (const { product, shown } of bought) await act(shown, product, "purchase");
}

function showBasket() {
  const items = basket.map(({ product }) => element("li", "", product.title));
  byId("basket-list").replaceChildren(...items);
  byId("basket").hidden = basket.length === 0;
}

let typing = 0;
async function suggest() {
  const text = byId("query").value;
  const { suggestions } = await ask("suggest", { text, most: 8 });
  if (text !== byId("query").value) return;
  const options = suggestions.map((suggestion) => {
    const option = document.createElement("option");
    option.value = suggestion.text;
    return option;
  });
  byId("suggestions").replaceChildren(...options);
}

byId("query").addEventListener("input", () => {
  clearTimeout(typing);
  // Without suggestions the box still searches, so an error says nothing here.
  typing = setTimeout(() => suggest().catch(() => {}), TYPING_MS);
});
byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(search)(byId("query").value);
});
byId("add").addEventListener("click", attempt(addToBasket));
byId("buy").addEventListener("click", attempt(buy));
if (!key) say(texts.no_key, true);
