/** A folder of pictures as a data set: sub-folders are its classes, where there are any. */
import { UserError } from "../base/user-error.ts"
import { quantise } from "../values/quantise.ts"
import { type PictureRequest, type PictureSource, readPicture } from "../values/read-picture.ts"
import type { Dataset, PixelRange } from "../values/values.ts"
import { naturalOrder } from "./natural-order.ts"

export interface FolderRequest {
  /** How messages name the folder. */
  readonly shown: string
  readonly files: ReadonlyArray<PictureSource & { readonly name: string }>
  readonly range: PixelRange
  readonly picture: Omit<PictureRequest, "range" | "size"> & {
    readonly size: readonly [height: number, width: number]
  }
  readonly progress: (done: number, total: number, unit: string) => void
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

const endings = /\.(?:png|jpe?g|webp|avif|tiff?|gif|svg)$/i
/** Pictures that are decoded at once: sharp has threads of its own. */
const atOnce = 4
/** Names in one message. */
const named = 8

/**
 * The pictures in the order of their names, class by class; their pixels rounded to bytes.
 *
 * @throws UserError naming the pictures that cannot be read, or when there is none
 */
export const readImageFolder = async (request: FolderRequest): Promise<Dataset> => {
  const { log, picture, progress, range, shown, signal } = request
  const files = request.files
    .filter(({ name }) => endings.test(name))
    .toSorted((a, b) => naturalOrder(a.name, b.name))
  const others = request.files.length - files.length
  if (others > 0) log(`${shown}: ${others} files are not pictures, and are left out`)
  if (files.length === 0) {
    throw new UserError(`${shown} has no pictures in it`, {
      exitCode: 1,
      hint: "PNG, JPEG, WebP, AVIF, TIFF, GIF and SVG pictures are taken by their names' endings"
    })
  }
  const classOf = classesOf(files, shown)
  const [height, width] = picture.size
  const channels = picture.channels === "grey" ? 1 : 3
  const size = height * width * channels
  const data = new Uint8Array(files.length * size)
  const broken: Array<UserError> = []
  let [next, done] = [0, 0]
  const work = async () => {
    while (next < files.length) {
      signal.throwIfAborted()
      const index = next++
      try {
        // The range of a picture's own numbers does not matter: they become bytes.
        const image = await readPicture(files[index]!, { ...picture, range: "[0,1]" }, log)
        data.set(quantise(image.data, "[0,1]"), index * size)
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        broken.push(error)
      }
      progress(++done, files.length, "pictures")
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  if (broken.length > 0) throw unreadable(broken, shown)
  const shape = [files.length, height, width, channels] as const
  const unlabelled = { type: "Dataset", name: shown, shape, range, data, classes: [] } as const
  if (classOf === undefined) return unlabelled
  const classes = [...new Set(classOf)]
  return {
    ...unlabelled,
    classes,
    labels: Int32Array.from(classOf, (name) => classes.indexOf(name))
  }
}

/** The sub-folder that each file lies in; undefined when there are none. */
const classesOf = (
  files: FolderRequest["files"],
  shown: string
): ReadonlyArray<string> | undefined => {
  const loose = files.find(({ name }) => !name.includes("/"))
  const inside = files.find(({ name }) => name.includes("/"))
  if (inside === undefined) return undefined
  if (loose === undefined) return files.map(({ name }) => name.slice(0, name.indexOf("/")))
  throw new UserError(
    `${shown} has pictures beside its sub-folders (${loose.name}), which belong to no class`,
    { exitCode: 1, hint: "move each picture into the folder of its class" }
  )
}

const unreadable = (broken: ReadonlyArray<UserError>, shown: string): UserError => {
  if (broken.length === 1) return broken[0]!
  const sorted = broken.map(({ message }) => message).toSorted(naturalOrder)
  const more = sorted.length - named
  return new UserError(`${sorted.length} pictures of ${shown} cannot be read`, {
    exitCode: 1,
    hint: [
      ...sorted.slice(0, named).map((message) => `  ${message}`),
      ...(more > 0 ? [`  and ${more} more`] : [])
    ].join("\n")
  })
}
