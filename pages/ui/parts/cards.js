// Products as cards. Whatever a shop wrote is shown by textContent alone.
const element = (name, className, text = "") => {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

const box = (className, ...children) => {
  const made = element("div", className)
  made.append(...children)
  return made
}

const badge = ({ text, colour }) => {
  const made = element("span", "badge", text)
  made.style.color = `var(--st-${colour}-text-color)`
  made.style.background = `var(--st-${colour}-background-color)`
  return made
}

const picture = (address) => {
  const made = element("img", "picture")
  made.src = address
  // The title beside it says what it shows.
  made.alt = ""
  return made
}

const button = ({ name, label, icon }, card, number, component) => {
  const made = element("button", "action")
  made.type = "button"
  made.dataset.button = `${name} ${number}`
  const sign = element("span", "icon", icon)
  sign.setAttribute("aria-hidden", "true")
  made.append(sign, label)
  made.onclick = () => component.setTriggerValue("press", [name, card.product_id])
  return made
}

const draw = (component) => (card, place) => {
  const about = [
    element("div", "title", `${place + 1}. ${card.title}`),
    ...card.lines.map((line) => element("div", "line", line)),
  ]
  if (card.text) about.push(element("div", "text", card.text))
  if (card.badges.length) about.push(box("badges", ...card.badges.map(badge)))
  const top = box("top", box("about", ...about))
  if (card.picture) top.prepend(picture(card.picture))
  const buttons = card.actions.map((action) => button(action, card, place + 1, component))
  if (card.note) buttons.push(element("span", "line", card.note))
  const made = element("li", "card")
  made.append(top, box("buttons", ...buttons))
  return made
}

export default function (component) {
  const { data, parentElement } = component
  const list = parentElement.querySelector(".product-cards")
  // Whoever works with the keyboard stays where they were.
  const held = list.contains(document.activeElement) && document.activeElement.dataset.button
  list.style.gridTemplateColumns = data.width
    ? `repeat(auto-fill, minmax(min(${data.width}px, 100%), 1fr))`
    : "minmax(0, 1fr)"
  list.replaceChildren(...data.cards.map(draw(component)))
  if (held) list.querySelector(`[data-button="${held}"]`)?.focus({ preventScroll: true })
}
