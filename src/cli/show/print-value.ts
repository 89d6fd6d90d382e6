/** A value for people: a heading, what it is and how it was made, its numbers, and its picture where that can be shown. */
import type { JsonObject } from "../../base/json.ts"
import { showValue } from "../../plan/show-value.ts"
import { drawPicture } from "../../report/picture/draw.ts"
import type { Raster } from "../../report/picture/raster.ts"
import { pictureProtocol } from "../../report/picture/terminal.ts"
import type { File, Value } from "../../values/values.ts"
import type { CommandContext } from "../command.ts"
import { ago, bytes, count, duration } from "../format.ts"
import { type Fact, printFacts } from "./facts.ts"
import { printSummary } from "./print-summary.ts"
import type { LoadedValue, Made, ValueReport } from "./value.ts"

/** @param within whether it stands below its instance, which has said how it was made */
export const printValue = async (
  loaded: LoadedValue,
  context: CommandContext,
  within = false
): Promise<void> => {
  const { out, verbose } = context
  const { report, value } = loaded
  out.line(`${out.style.bold(headingOf(report))}  ${report.type}`)
  if (value !== undefined) await printPicture(value, context)
  if (report.summary !== undefined) printSummary(report.summary, out, verbose)
  out.line()
  printFacts([...(within ? [] : madeFacts(report.made)), ...placeFacts(report, verbose)], out)
  if (!report.present) {
    out.line()
    out.line(out.style.yellow(`  it is no longer in the store${againText(report.made)}`))
  }
}

const headingOf = ({ digest, made }: ValueReport): string => {
  if (made === undefined) return digest.slice(0, 12)
  return made.port === undefined ? made.instance : `${made.instance}.${made.port}`
}

/** How to get back what gc or damage has taken. */
export const againText = (made: Made | undefined): string =>
  made === undefined ? "" : `; \`ablate run ${made.file} '${made.instance}'\` makes it again`

export const madeFacts = (made: Made | undefined): ReadonlyArray<Fact> => {
  if (made === undefined) return [["made by", "no run that is in the store"]]
  const when = made.at === undefined ? "" : ` ${ago(new Date(made.at), new Date())}`
  const run = made.run === undefined ? "" : ` in ${made.run}${when}`
  const time = made.seconds === undefined ? "" : `, took ${duration(made.seconds)}`
  return [
    ["made by", `${made.uses}${run}${time}`],
    ["pipeline", `${made.pipeline} (${made.file})`],
    ["because", made.reason ?? ""],
    ["parameters", paramsText(made.params)],
    ["key", made.key?.slice(0, 16) ?? ""]
  ]
}

export const paramsText = (params: JsonObject | undefined): string =>
  Object.entries(params ?? {})
    .map(([name, value]) => `${name} ${showValue(value)}`)
    .join(" · ")

const placeFacts = ({ digest, files }: ValueReport, verbose: boolean): ReadonlyArray<Fact> => {
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const size = files.length === 0 ? "" : ` (${bytes(total)} in ${count(files.length, "file")})`
  return [
    ["value", shortened(digest, verbose) + size],
    ...(verbose ? files.map(({ name, path }): Fact => [name, path]) : [])
  ]
}

const shortened = (digest: string, verbose: boolean): string =>
  verbose ? digest : digest.slice(0, 16)

/** Nothing where the terminal shows no pictures, or the value is none. */
const printPicture = async (value: Value, { env, out, quiet }: CommandContext): Promise<void> => {
  const protocol = quiet || !out.color ? "none" : pictureProtocol(env, out.interactive)
  if (protocol === "none") return
  const raster = await rasterFrom(value)
  if (raster === undefined) return
  out.write(
    await drawPicture(raster, protocol, {
      columns: out.columns - 1,
      png: async ({ data, height, width }) => {
        const { default: sharp } = await import("sharp")
        return sharp(data, { raw: { width, height, channels: 3 } })
          .png()
          .toBuffer()
      }
    })
  )
}

const rasterFrom = async (value: Value): Promise<Raster | undefined> => {
  if (value.type === "Image" || value.type === "Images" || value.type === "Mask") {
    const { rasterOf } = await import("../../report/picture/raster.ts")
    return rasterOf(value)
  }
  if (value.type === "Dataset") {
    const { rasterOf } = await import("../../report/picture/raster.ts")
    const { datasetSheet } = await import("../../values/dataset/sheet.ts")
    return rasterOf(datasetSheet(value))
  }
  return value.type === "File" ? rasterOfFile(value) : undefined
}

const rasterOfFile = async ({ bytes, mediaType }: File): Promise<Raster | undefined> => {
  if (!mediaType.startsWith("image/")) return undefined
  const { default: sharp } = await import("sharp")
  const { data, info } = await sharp(bytes)
    .toColourspace("srgb")
    .flatten({ background: "#ffffff" })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const pixels = new Uint8Array(info.width * info.height * 3)
  for (let pixel = 0; pixel < info.width * info.height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const from = pixel * info.channels + (info.channels >= 3 ? channel : 0)
      pixels[pixel * 3 + channel] = data[from] ?? 0
    }
  }
  return { width: info.width, height: info.height, data: pixels }
}
