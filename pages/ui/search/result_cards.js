// The cards of one system's results. Whatever a shop wrote is shown by textContent alone.
const BUTTONS = [
  ["look", "visibility"],
  ["why", "help"],
]

const element = (name, className, text = "") => {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
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

const button = (name, icon, card, place, component) => {
  const made = element("button", name)
  made.type = "button"
  made.dataset.button = `${name} ${place}`
  const sign = element("span", "icon", icon)
  sign.setAttribute("aria-hidden", "true")
  made.append(sign, component.data[name])
  made.onclick = () => component.setTriggerValue(name, card.product_id)
  return made
}

const draw = (component) => (card, place) => {
  const about = element("div", "about")
  about.append(
    element("div", "title", `${place + 1}. ${card.title}`),
    ...card.lines.map((line) => element("div", "line", line)),
  )
  const badges = element("div", "badges")
  badges.append(...card.badges.map(badge))
  const buttons = element("div", "buttons")
  buttons.append(...BUTTONS.map(([name, icon]) => button(name, icon, card, place, component)))
  about.append(badges)
  const top = element("div", "top")
  top.append(...(card.picture ? [picture(card.picture)] : []), about)
  const made = element("li", "card")
  made.append(top, buttons)
  return made
}

export default function (component) {
  const { data, parentElement } = component
  const list = parentElement.querySelector(".result-cards")
  // Whoever works with the keyboard stays where they were.
  const held = list.contains(document.activeElement) && document.activeElement.dataset.button
  list.replaceChildren(...data.cards.map(draw(component)))
  if (held) list.querySelector(`[data-button="${held}"]`)?.focus({ preventScroll: true })
}
