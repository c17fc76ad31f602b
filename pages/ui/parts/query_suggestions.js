// Suggestions below Streamlit's own text input. The input stays Streamlit's: without this script it
// still searches. Whatever was typed is shown by textContent alone.
const PAUSE_MS = 120
const SETTLED_MS = 500
// How often a shop that is still being read, or a model that still thinks, is asked again.
const AGAIN_MS = 700
const boxes = new WeakMap()

function begin(parent) {
  const box = {
    open: false,
    active: -1,
    eager: false,
    picking: false,
    sent: null,
    number: 0,
    items: [],
    timers: [],
    list: parent.querySelector("ul"),
    said: parent.querySelector(".said"),
    root: parent.querySelector(".query-suggestions"),
  }
  const input = () => {
    const found = document.querySelector(`.st-key-${box.data.box} input`)
    if (found && found.getAttribute("role") !== "combobox") {
      found.setAttribute("role", "combobox")
      found.setAttribute("aria-autocomplete", "list")
      found.setAttribute("aria-controls", box.list.id)
      found.setAttribute("aria-expanded", "false")
      found.setAttribute("autocomplete", "off")
    }
    return found
  }
  const ours = (event) => {
    const found = input()
    return found !== null && event.target === found
  }
  const stop = () => {
    box.timers.forEach(clearTimeout)
    box.timers = []
  }
  const send = (text, settled) => {
    box.sent = text
    // Streamlit does not pass on an answer that equals the last one, "not ready" among them.
    box.number = Math.max(box.number, box.data.number) + 1
    box.component.setStateValue("typed", { text, settled, number: box.number })
  }
  const ask = (text) => {
    stop()
    box.timers = [
      setTimeout(() => send(text, false), PAUSE_MS),
      setTimeout(() => send(text, true), SETTLED_MS),
    ]
  }
  const choose = (place) => {
    box.active = place
    box.eager = false
  }
  const close = () => {
    box.open = false
    choose(-1)
    draw()
  }
  const pick = (text) => {
    const found = input()
    // As if it had been typed and left: Streamlit then takes the value as any other.
    const write = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set
    write.call(found, text)
    box.picking = true
    found.dispatchEvent(new Event("input", { bubbles: true }))
    box.picking = false
    stop()
    close()
    setTimeout(() => {
      found.blur()
      found.focus()
    })
  }
  // Whether the list is for what stands in the box: whoever types fast is ahead of it.
  const answers = (found) => found !== null && box.data.typed === found.value
  const draw = () => {
    const found = input()
    // What is chosen stays what it is, whatever is answered meanwhile.
    if (box.active < 0) box.items = box.data.items
    if (box.eager && answers(found) && box.items.length > 0) choose(0)
    const items = box.items
    const shown = box.open && items.length > 0 && document.activeElement === found
    box.list.hidden = !shown
    box.list.replaceChildren(
      ...items.map((item, place) => {
        const row = document.createElement("li")
        row.id = `${box.list.id}-${place}`
        row.setAttribute("role", "option")
        row.setAttribute("aria-selected", String(place === box.active))
        const text = document.createElement("span")
        text.className = "text"
        text.textContent = item.text
        const note = document.createElement("span")
        note.className = "note"
        note.textContent = item.note
        row.append(text, note)
        row.onmousedown = (event) => {
          // The input keeps the focus: leaving it would search for what was typed so far.
          event.preventDefault()
          pick(item.text)
        }
        return row
      }),
    )
    if (found) {
      found.setAttribute("aria-expanded", String(shown))
      const active = shown && box.active >= 0
      if (active) found.setAttribute("aria-activedescendant", `${box.list.id}-${box.active}`)
      else found.removeAttribute("aria-activedescendant")
    }
    box.said.textContent = shown ? box.data.said : ""
    if (shown && box.active >= 0) box.list.children[box.active].scrollIntoView({ block: "nearest" })
  }
  const onInput = (event) => {
    if (!ours(event) || box.picking) return
    box.open = true
    choose(-1)
    ask(event.target.value)
  }
  const onFocus = (event) => {
    if (!ours(event) || event.target.value) return
    box.open = true
    // A list for nothing typed is there from the start, but for a shop that was not read yet.
    if (box.sent || !answers(event.target) || !box.data.items.length) ask("")
    draw()
  }
  const onBlur = (event) => {
    if (ours(event)) {
      stop()
      close()
    }
  }
  const onKey = (event) => {
    if (!ours(event) || event.isComposing) return
    const last = box.items.length - 1
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault()
      if (!box.open) {
        box.open = true
        if (box.sent !== event.target.value) ask(event.target.value)
      } else if (box.active < 0 && !answers(event.target)) {
        box.eager = event.key === "ArrowDown"
      } else if (last >= 0) {
        const step = box.active + (event.key === "ArrowDown" ? 1 : -1)
        choose(step > last ? -1 : step < -1 ? last : step)
      }
      draw()
    } else if (event.key === "Escape" && box.open) {
      event.preventDefault()
      event.stopPropagation()
      stop()
      close()
    } else if (event.key === "Enter") {
      if (box.open && box.active >= 0) {
        event.preventDefault()
        event.stopPropagation()
        pick(box.items[box.active].text)
      } else {
        stop()
        close()
      }
    }
  }
  const kinds = [
    ["input", onInput],
    ["focusin", onFocus],
    ["click", onFocus],
    ["focusout", onBlur],
    ["keydown", onKey],
  ]
  // On the way down from the document, so that Streamlit hears of Enter only where nothing was picked;
  // and there, because Streamlit may put a new input in the old one's place.
  kinds.forEach(([kind, listener]) => document.addEventListener(kind, listener, true))
  box.end = () => {
    stop()
    kinds.forEach(([kind, listener]) => document.removeEventListener(kind, listener, true))
  }
  box.draw = draw
  box.again = () => {
    const found = input()
    if (!box.open || document.activeElement !== found || found.value !== box.sent) return
    stop()
    box.timers = [setTimeout(() => send(box.sent, true), AGAIN_MS)]
  }
  box.arrive = () => {
    const found = input()
    if (found === null || document.activeElement !== found) return
    box.open = true
    ask(found.value)
  }
  return box
}

export default function (component) {
  const { data, parentElement } = component
  const known = boxes.has(parentElement)
  const box = boxes.get(parentElement) ?? begin(parentElement)
  boxes.set(parentElement, box)
  box.component = component
  box.data = data
  box.list.id = `suggestions-${data.box}`
  box.list.setAttribute("aria-label", data.label)
  // Whoever was faster than this script is in the box already, and may have typed.
  if (!known) box.arrive()
  box.draw()
  if (!data.ready) box.again()
  return () => {
    box.end()
    boxes.delete(parentElement)
  }
}
