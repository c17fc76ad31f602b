// Streamlit's own words in the page's language, and its navigation as a screen reader expects it.
let watch = null
let patterns = []
const originals = new Map()

const say = (node) => {
  const text = node.nodeValue.trim()
  if (!text || text.length > 80) return
  for (const [from, to] of patterns) {
    if (from.test(text)) {
      const said = text.replace(from, to)
      // Writing the same again would call this forever.
      if (said !== text) {
        originals.set(node, node.nodeValue)
        node.nodeValue = node.nodeValue.replace(text, said)
      }
      return
    }
  }
}

const mend = (root) => {
  if (root.nodeType === Node.TEXT_NODE) say(root)
  else if (patterns.length) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) say(texts.currentNode)
  }
}

const markLists = () => {
  // Streamlit puts headings into the list itself, where only items may stand.
  const lists = "[data-testid=stSidebarNavItems]"
  for (const part of document.querySelectorAll(`${lists}:not([role]), ${lists} li:not([role])`)) {
    part.setAttribute("role", "presentation")
  }
}

const readColours = () => {
  const app = document.querySelector(".stApp")
  if (!app) return
  const { backgroundColor, color } = getComputedStyle(app)
  document.documentElement.style.setProperty("--shoplab-ground", backgroundColor)
  document.documentElement.style.setProperty("--shoplab-ink", color)
}

export default function ({ data }) {
  readColours()
  watch?.disconnect()
  for (const [node, text] of originals) if (node.isConnected) node.nodeValue = text
  originals.clear()
  patterns = data.patterns.map(([from, to]) => [new RegExp(`^${from}$`), to])
  mend(document.body)
  markLists()
  watch = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") say(change.target)
      for (const node of change.addedNodes) mend(node)
    }
    markLists()
  })
  watch.observe(document.body, { childList: true, characterData: true, subtree: true })
}
