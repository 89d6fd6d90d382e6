/**
 * The types of values: what flows between stages, with symbolic shape, pixel range, time direction and prediction.
 *
 * Text form: `Name[dim, ...] in RANGE towards END given CONDITION of PREDICTION`, each part but the name optional:
 * `Image[64,64,3] in [-1,1]`, `Images[N,H,W,C] in R`, `NoiseSchedule[1000] towards noise`,
 * `Model[28,28,1,10] in [0,1] given time of velocity`.
 *
 * A dimension is a number, a symbol (a word that starts with a capital: equal symbols of one stage must be equal numbers)
 * or `?` (not known before the stage runs). Range, direction and prediction are a constant, a symbol, or absent (any).
 */

export const valueTypeNames = [
  "Image",
  "Images",
  "Mask",
  "Tensor",
  "NoiseSchedule",
  "Dataset",
  "Model",
  "Models",
  "Pretrained",
  "Embedding",
  "Estimator",
  "TrainingState",
  "Metrics",
  "Table",
  "File"
] as const
export type ValueTypeName = (typeof valueTypeNames)[number]

/** A port may also ask for a `Network`: a trained or a pretrained one. */
export const typeNames = [...valueTypeNames, "Network"] as const
export type TypeName = (typeof typeNames)[number]

/** A number, a symbol, or `?`. */
export type Dimension = number | string

export interface TypeExpression {
  readonly name: TypeName
  /** Absent: any shape, or a type without one. */
  readonly shape?: ReadonlyArray<Dimension>
  /** `[-1,1]`, `[0,1]` or a symbol. */
  readonly range?: string
  /** Where time leads as t grows: `noise`, `data` or a symbol. */
  readonly towards?: string
  /** What a network is told beside its input: `time`; `images`, smaller ones that it enlarges, and the time; `nothing`; or a symbol. */
  readonly given?: string
  /** What a network predicts: `epsilon`, `sample`, `velocity`, `logits` or a symbol. */
  readonly of?: string
}

const attributes = {
  range: { word: "in", constants: ["[-1,1]", "[0,1]"] },
  towards: { word: "towards", constants: ["noise", "data"] },
  given: { word: "given", constants: ["time", "images", "nothing"] },
  of: { word: "of", constants: ["epsilon", "sample", "velocity", "logits"] }
} as const
type Attribute = keyof typeof attributes
const attributeNames = Object.keys(attributes) as Array<Attribute>

const isSymbol = (text: string) => /^[A-Z][A-Za-z0-9]*$/.test(text)

const form =
  /^([A-Za-z]+)(?:\[([^\]]*)\])?(?: in (\[-1,1\]|\[0,1\]|\w+))?(?: towards (\w+))?(?: given (\w+))?(?: of (\w+))?$/

/**
 * Reads the text form.
 *
 * @throws TypeError when the text has no such form; type texts are written by stage authors, so this is a programming error
 */
export const parseType = (text: string): TypeExpression => {
  const match = form.exec(text)
  if (match === null)
    throw new TypeError(`"${text}" is not a type such as "Image[64,64,3] in [-1,1]"`)
  const [, name = "", dims, ...rest] = match
  if (!(typeNames as ReadonlyArray<string>).includes(name)) {
    throw new TypeError(`"${text}": there is no type ${name}; types are ${typeNames.join(", ")}`)
  }
  const given = attributeNames.flatMap((attribute, index) => {
    const value = rest[index]
    if (value === undefined) return []
    const constants: ReadonlyArray<string> = attributes[attribute].constants
    if (!constants.includes(value) && !isSymbol(value)) {
      throw new TypeError(
        `"${text}": ${value} is neither one of ${constants.join(", ")} nor a symbol`
      )
    }
    return [[attribute, value] as const]
  })
  return {
    name: name as TypeName,
    ...(dims === undefined ? {} : { shape: parseShape(dims, text) }),
    ...Object.fromEntries(given)
  }
}

/** `[]` is the shape of a single number. */
const parseShape = (dims: string, text: string): ReadonlyArray<Dimension> =>
  dims.trim() === "" ? [] : dims.split(",").map((dim) => parseDimension(dim.trim(), text))

const parseDimension = (dim: string, text: string): Dimension => {
  if (/^\d+$/.test(dim)) return Number(dim)
  if (dim === "?" || isSymbol(dim)) return dim
  throw new TypeError(
    `"${text}": ${JSON.stringify(dim)} is not a dimension (a number, a symbol or ?)`
  )
}

export const printType = (type: TypeExpression): string =>
  [
    type.shape === undefined ? type.name : `${type.name}[${type.shape.join(",")}]`,
    ...attributeNames.flatMap((attribute) =>
      type[attribute] === undefined ? [] : [`${attributes[attribute].word} ${type[attribute]}`]
    )
  ].join(" ")

/** What the symbols of one stage instance stand for. */
export interface Bindings {
  readonly dims: Map<string, number>
  readonly attributes: Map<string, string>
}

export const noBindings = (): Bindings => ({ dims: new Map(), attributes: new Map() })

/** The type with bound symbols replaced; symbols that are still free become `?`, or are dropped from attributes. */
export const substitute = (type: TypeExpression, bindings: Bindings): TypeExpression => ({
  name: type.name,
  ...(type.shape === undefined
    ? {}
    : {
        shape: type.shape.map((dim) =>
          typeof dim === "number" ? dim : (bindings.dims.get(dim) ?? "?")
        )
      }),
  ...Object.fromEntries(
    attributeNames.flatMap((attribute) => {
      const value = type[attribute]
      if (value === undefined) return []
      const bound = isSymbol(value) ? bindings.attributes.get(value) : value
      return bound === undefined ? [] : [[attribute, bound]]
    })
  )
})

/** Why a value does not fit a port. */
export interface Mismatch {
  readonly what:
    | "type"
    | "rank"
    | "shape"
    | "range"
    | "time direction"
    | "conditioning"
    | "prediction"
  /** The type that the port expects, with the symbols known so far filled in. */
  readonly expected: string
  readonly found: string
}

const attributeWords: Record<Attribute, Mismatch["what"]> = {
  range: "range",
  towards: "time direction",
  given: "conditioning",
  of: "prediction"
}

/**
 * Fits the type of a value into a port, binding the port's symbols; one `Image` is a batch of one for a port of `Images`.
 *
 * What is not known yet (`?`, an absent attribute) fits everything.
 *
 * @param found a type without symbols
 * @returns the first mismatch; bindings made before it are kept
 */
export const unify = (
  expected: TypeExpression,
  found: TypeExpression,
  bindings: Bindings
): Mismatch | undefined => {
  const fail = (what: Mismatch["what"]): Mismatch => ({
    what,
    expected: printType(keepSymbols(expected, bindings)),
    found: printType(found)
  })
  const given = widen(found, expected.name)
  if (given === undefined) return fail("type")
  if (expected.shape !== undefined && given.shape !== undefined) {
    if (expected.shape.length !== given.shape.length) return fail("rank")
    for (const [axis, dim] of expected.shape.entries()) {
      const size = given.shape[axis]
      if (typeof size !== "number") continue
      const bound = typeof dim === "number" ? dim : bindings.dims.get(dim)
      if (bound !== undefined && bound !== size) return fail("shape")
      if (bound === undefined && dim !== "?") bindings.dims.set(dim as string, size)
    }
  }
  for (const attribute of attributeNames) {
    const [want, have] = [expected[attribute], given[attribute]]
    if (want === undefined || have === undefined) continue
    const bound = isSymbol(want) ? bindings.attributes.get(want) : want
    if (bound !== undefined && bound !== have) return fail(attributeWords[attribute])
    if (bound === undefined) bindings.attributes.set(want, have)
  }
  return undefined
}

/** `substitute` for messages: what is still free keeps its symbol's name. */
const keepSymbols = (type: TypeExpression, bindings: Bindings): TypeExpression => {
  const filled = substitute(type, bindings)
  return {
    ...type,
    ...filled,
    ...(type.shape === undefined || filled.shape === undefined
      ? {}
      : {
          shape: filled.shape.map((dim, axis) => (dim === "?" ? (type.shape?.[axis] ?? "?") : dim))
        })
  }
}

/** One of a kind stands for several of it. */
const severalOf: { readonly [one: string]: TypeName } = { Image: "Images", Model: "Models" }
const kindOf: { readonly [kind: string]: TypeName } = { Model: "Network", Pretrained: "Network" }

/** The same value seen as a value of type `name`, where one can stand for the other. */
const widen = (type: TypeExpression, name: TypeName): TypeExpression | undefined => {
  if (type.name === name) return type
  if (kindOf[type.name] === name) return { ...type, name }
  if (severalOf[type.name] !== name) return undefined
  return { ...type, name, ...(type.shape === undefined ? {} : { shape: [1, ...type.shape] }) }
}
