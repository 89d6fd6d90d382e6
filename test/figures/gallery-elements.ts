/** Reads the HTML that pages are written in, strictly: what is not well formed is an error. */

export interface HtmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: ReadonlyArray<HtmlElement | string>
}

const withoutEnd = /^(?:meta|img|input|br|hr)$/
const raw = /^(?:script|style)$/
const entities: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["#39", "'"]
])

const unescaped = (text: string): string => {
  const plain = text.replaceAll(/&([#\w]+);/g, (_, name: string) => {
    const character = entities.get(name)
    if (character === undefined) throw new Error(`unknown entity ${name}`)
    return character === "&" ? "\0" : character
  })
  if (/&(?![#\w]+;)/.test(text)) throw new Error(`a bare & in ${text}`)
  return plain.replaceAll("\0", "&")
}

/** The elements of a document. */
export const readHtml = (html: string): HtmlElement => {
  const root = {
    name: "",
    attributes: new Map<string, string>(),
    children: [] as Array<HtmlElement | string>
  }
  const open: Array<typeof root> = [root]
  const token = /<!doctype html>|<(\/?)([a-z][a-z\d]*)((?:\s+[-a-z]+(?:="[^"<>]*")?)*)>|[^<]+/y
  while (token.lastIndex < html.length) {
    const from = token.lastIndex
    const found = token.exec(html)
    if (found === null) throw new Error(`not HTML: ${html.slice(from, from + 60)}`)
    const [text, slash, name, list = ""] = found
    const parent = open.at(-1)!
    if (name === undefined) {
      if (text !== "<!doctype html>" && text.trim() !== "") parent.children.push(unescaped(text))
      continue
    }
    if (slash === "/") {
      if (parent.name !== name) throw new Error(`</${name}> ends <${parent.name}>`)
      open.pop()
      continue
    }
    const attributes = new Map<string, string>()
    for (const [, key = "", value = ""] of list.matchAll(/([-a-z]+)(?:="([^"]*)")?/g)) {
      if (attributes.has(key)) throw new Error(`<${name}> has ${key} twice`)
      attributes.set(key, unescaped(value))
    }
    const element = { name, attributes, children: [] as Array<HtmlElement | string> }
    parent.children.push(element)
    if (withoutEnd.test(name)) continue
    if (raw.test(name)) {
      const end = html.indexOf(`</${name}`, token.lastIndex)
      if (end < 0) throw new Error(`<${name}> does not end`)
      element.children.push(html.slice(token.lastIndex, end))
      token.lastIndex = html.indexOf(">", end) + 1
      continue
    }
    open.push(element)
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)!.name}> does not end`)
  return root
}

/** Those of a name, or with a class (`.strip`), in the order of the document. */
export const elements = (from: HtmlElement, wanted: string): ReadonlyArray<HtmlElement> =>
  from.children.flatMap((child) => {
    if (typeof child === "string") return []
    const fits = wanted.startsWith(".")
      ? (child.attributes.get("class") ?? "").split(" ").includes(wanted.slice(1))
      : child.name === wanted
    return [...(fits ? [child] : []), ...elements(child, wanted)]
  })

export const textOf = ({ children }: HtmlElement): string =>
  children.map((child) => (typeof child === "string" ? child : textOf(child))).join("")
