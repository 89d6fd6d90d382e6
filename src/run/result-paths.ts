/** Where each file goes below the pipeline's results folder. Pure, and the same whichever stages a run selects. */
import type { StageInstance } from "../language/pipeline.ts"

interface Wanting {
  readonly instance: Pick<StageInstance, "id" | "stage" | "part" | "point">
  readonly port: string
  readonly name: string
}

export type Placed<A> = A & {
  /** Relative, with forward slashes. */
  readonly path: string
}

/**
 * A file goes to the folder of its point, that of a part to a folder of its name there, under its own name. Those that
 * would meet there go one folder deeper, named after their stage, and after their port if that is not enough.
 *
 * @param others what is not to be placed now, but keeps its place
 */
export const placeFiles = <A extends Wanting>(
  files: ReadonlyArray<A>,
  others: ReadonlyArray<Wanting>
): { readonly placed: ReadonlyArray<Placed<A>>; readonly notices: Array<string> } => {
  const all = [...files, ...others]
  const short = countBy(all, (file) => pathOf(file, []))
  const long = countBy(all, (file) => pathOf(file, [file.instance.stage]))
  const met = new Map<string, Array<string>>()
  const placed = files.map((file) => {
    const plain = pathOf(file, [])
    if ((short.get(fold(plain)) ?? 0) < 2) return { ...file, path: plain }
    met.set(plain, [...(met.get(plain) ?? []), file.instance.id])
    const staged = pathOf(file, [file.instance.stage])
    const alone = (long.get(fold(staged)) ?? 0) < 2
    return { ...file, path: alone ? staged : pathOf(file, [file.instance.stage, file.port]) }
  })
  const notices = [...met].map(
    ([path, ids]) =>
      `several stages make a file ${path} (${ids.join(", ")}), so each is in a folder of its stage's name`
  )
  return { placed, notices }
}

const pathOf = ({ instance, name }: Wanting, folders: ReadonlyArray<string>): string => {
  const part = instance.part === undefined ? [] : [safe(instance.part)]
  const point = Object.entries(instance.point).map(
    ([axis, label]) => `${safe(axis)}=${safe(label)}`
  )
  return [
    ...(point.length === 0 ? [] : [point.join(",")]),
    ...part,
    ...folders.map(safe),
    name
  ].join("/")
}

/** Some disks do not tell upper from lower case. */
const fold = (path: string) => path.toLowerCase()

/** As part of one folder's name; different texts stay different. */
const safe = (text: string): string =>
  text.replaceAll(/[%/\\:*?"<>|,=\p{Cc}]|^\.|[. ]$/gu, (character) =>
    encodeURIComponent(character).replace(
      /^[^%]$/,
      (plain) => `%${plain.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
    )
  )

const countBy = <A>(items: ReadonlyArray<A>, keyOf: (item: A) => string): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const item of items) {
    const key = fold(keyOf(item))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}
