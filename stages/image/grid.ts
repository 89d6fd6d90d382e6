import { UserError } from "#src/base/user-error.ts"
import { defineStage, port } from "#src/stage.ts"
import { parseColour } from "#src/values/colour.ts"
import { Colour } from "#src/values/param-schemas.ts"
import { arrangeSheet, imageAt, type SheetRow } from "#src/values/sheet.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Lays images out as one picture, with captions: a row for each input, or rows of equal length.",
  params: Schema.Struct({
    columns: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })).annotate({
        description:
          "Images in a row, filled in the order of the inputs; what the labels of a row begin with in common, up to a ·, stands to its left. Absent: each input has a row of its own."
      })
    ),
    scale: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))
      .annotate({ description: "Each pixel becomes a square of this many pixels a side." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
    gap: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))
      .annotate({ description: "Between images and around the sheet.", unit: "pixels" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(8))),
    background: Colour.annotate({
      description: "Behind the images; captions are black or white, whichever shows better."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("#ffffff"))),
    labels: Schema.Boolean.annotate({
      description:
        "Draws each image's label above it, where the row above does not say the same, and the inputs' names to the left of their rows."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
    names: Schema.optionalKey(
      Schema.Array(Schema.String).annotate({
        description:
          "Names of the inputs in their order, in place of their references or matrix points."
      })
    )
  }),
  inputs: {
    images: port("Images[?,?,?,?] in R", {
      description: "Images of any size, grey or RGB, of one pixel range.",
      many: true
    })
  },
  outputs: { image: port("Image[H,W,C] in R", { description: "The sheet, in RGB." }) },
  bind: () => ({ C: 3 }),
  example: `sheet:
  uses: image/grid
  in: { images: [photo.image, noisy.noisy, blurred.images] }
  with: { scale: 3, names: [photo, noisy, blurred] }
`,
  run: ({ inputs: { images }, params: { background, columns, gap, labels, names, scale } }) => {
    if (names !== undefined && names.length > images.length) {
      throw new UserError(`there are ${names.length} names for ${images.length} inputs`, {
        exitCode: 1,
        hint: "give names in the order of the inputs; those without one keep their own"
      })
    }
    const named = images.map(({ label, value }, index) => ({
      name: names?.[index] ?? label,
      cells: Array.from({ length: value.shape[0] }, (_, item) => ({
        ...imageAt(value, item),
        caption: value.labels?.[item] ?? ""
      }))
    }))
    const rows: ReadonlyArray<SheetRow> =
      columns === undefined
        ? named.map(({ cells, name }, row) => ({
            title: name,
            cells: haveEqualCaptions(cells, named[row - 1]?.cells)
              ? cells.map(withoutCaption)
              : cells
          }))
        : withoutRepetition(chunks(named.flatMap(captionedByName), columns).map(titledByCaptions))
    const [first] = images
    return {
      image: arrangeSheet(labels ? rows : rows.map(withoutText), {
        range: first?.value.range ?? "[-1,1]",
        scale,
        gap,
        background: parseColour(background)
      })
    }
  }
})

type Cell = SheetRow["cells"][number]
/** With the name of its input. */
type NamedCell = Cell & { readonly name: string }

/** Without rows of their own, images say where they come from, unless their labels do. */
const captionedByName = ({
  cells,
  name
}: {
  readonly name: string
  readonly cells: ReadonlyArray<Cell>
}): ReadonlyArray<NamedCell> =>
  cells.map((cell) => ({
    ...cell,
    name,
    caption: cell.caption === "" ? name : (cell.caption ?? name)
  }))

/** Between the parts of a label, such as `epoch 5 · 3`. */
const separator = " · "

/**
 * What the captions of a row begin with in common becomes its title: `epoch 5` of `epoch 5 · 0`, `epoch 5 · 1`, …. A cell of which
 * nothing is left then is called as its input is.
 */
const titledByCaptions = (cells: ReadonlyArray<NamedCell>): SheetRow => {
  const parts = cells.map(({ caption = "" }) => caption.split(separator))
  const [first = []] = parts
  const differing = first.findIndex((part, at) => parts.some((own) => own[at] !== part))
  const common = differing < 0 ? first.length : differing
  // A single image keeps its caption above it.
  if (cells.length < 2 || common === 0) return { cells: cells.map(withoutName) }
  const different = parts.some((own) => own.length > common)
  return {
    title: first.slice(0, common).join(separator),
    cells: cells.map((cell, index) => ({
      data: cell.data,
      shape: cell.shape,
      caption:
        different && parts[index]!.length === common
          ? cell.name
          : parts[index]!.slice(common).join(separator)
    }))
  }
}

/** Titles and captions that say the same as the row above are left out. */
const withoutRepetition = (rows: ReadonlyArray<SheetRow>): ReadonlyArray<SheetRow> =>
  rows.map((row, index) => {
    const above = rows[index - 1]
    if (row.title === undefined || above === undefined) return row
    const cells = haveEqualCaptions(row.cells, above.cells)
      ? row.cells.map(withoutCaption)
      : row.cells
    return row.title === above.title ? { cells } : { title: row.title, cells }
  })

/** A row below one with the same captions needs none. */
const haveEqualCaptions = (row: ReadonlyArray<Cell>, above: ReadonlyArray<Cell> | undefined) =>
  above !== undefined &&
  row.length <= above.length &&
  row.every(({ caption }, index) => caption === above[index]?.caption)

const withoutName = ({ caption, data, shape }: NamedCell): Cell => ({
  data,
  shape,
  ...(caption === undefined ? {} : { caption })
})

const withoutCaption = ({ data, shape }: Cell): Cell => ({ data, shape })

const withoutText = ({ cells }: SheetRow): SheetRow => ({ cells: cells.map(withoutCaption) })

const chunks = <A>(items: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size)
  )
