/** The files of a first project: small, and each with a comment that says where to go on. */

export interface NewFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  readonly text: string
}

const settings = `# Settings of this project. None of them enters a key: results are shared whatever they are.
# A flag goes before the environment (ABLATE_JOBS=4), that before a profile, and that before this file.

# The pipeline that \`ablate run\` takes when none is named.
default: first

# jobs: 2                  # stages that run at once (default: one a core)
# store: artifacts         # where values are kept; may be shared by projects
# results: results         # where files for people are laid out
# allowPaths: [~/photos]   # folders outside of the project that pipelines may read

# profiles:                # chosen by --profile NAME
#   big: { store: /data/ablate, jobs: 16 }
`

const ignore = `# Everything that \`ablate run\` can make again.
artifacts/
results/
# Data sets that are downloaded.
data/mnist/
data/fashion-mnist/
`

const pipeline = `# yaml-language-server: $schema=../schema/pipeline.schema.json
name: first
description: A drawing drowns in noise; with fewer and fewer colours, what is left of it?
params:
  image: pictures/hills.svg
  size: 96
  seed: 180
# Stages that depend on an axis exist once for each of its points; the others exist once.
matrix:
  levels: [2, 4, 16]
stages:
  photo:
    uses: image/load
    with:
      path: \${params.image}
      size: \${params.size}
  schedule:
    uses: schedule/cosine
  noisy:
    uses: noise/add
    in: { image: photo.image, schedule: schedule.schedule }
    with:
      timesteps: [0, 150, 300, 600]
      seed: \${params.seed}
  # A stage of this project's own: stages/picture/posterize.ts
  fewer:
    uses: picture/posterize
    in: { images: noisy.noisy }
    with:
      levels: \${matrix.levels}
  sheet:
    uses: image/grid
    with: { scale: 2 }
    collect: { over: levels, from: { images: fewer.images } }
  picture:
    uses: image/save
    in: { images: sheet.image }
    with: { name: first.png }
`

const stage = `/** An example of a stage of one's own. Its type is its path below stages/: \`picture/posterize\`. */
import { defineStage, Effect, port, Schema } from "ablate"

export default defineStage({
  summary: "Rounds every channel of every pixel to one of a few levels.",
  // Ranges, units, defaults and descriptions are checked, shown by \`ablate stages\`, and known to your editor.
  params: Schema.Struct({
    levels: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 256 }))
      .annotate({ description: "How many levels a channel keeps." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4)))
  }),
  // Capital letters stand for sizes and ranges: the same letter is the same size in every port.
  inputs: {
    images: port("Images[N,H,W,C] in R", { description: "One image or several." })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", { description: "The same with fewer colours." })
  },
  example: \`fewer:
  uses: picture/posterize
  in: { images: photo.image }
  with: { levels: 4 }
\`,
  run: ({ inputs: { images }, params: { levels } }) => {
    const [low, high] = images.range === "[0,1]" ? [0, 1] : [-1, 1]
    const step = (high - low) / (levels - 1)
    const data = images.data.map((value) => {
      const level = Math.round((value - low) / step)
      return low + Math.min(Math.max(level, 0), levels - 1) * step
    })
    return { images: { ...images, data } }
  }
})
`

const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">
  <title>Hills in the evening</title>
  <rect width="96" height="96" fill="#f6b26b"/>
  <rect width="96" height="40" fill="#e06666"/>
  <rect width="96" height="18" fill="#8e5aa0"/>
  <circle cx="62" cy="42" r="13" fill="#fff2cc"/>
  <path d="M0 58 C14 42 26 44 40 56 S70 44 96 52 V96 H0 Z" fill="#674ea7"/>
  <path d="M0 70 C20 56 38 62 56 72 S84 66 96 64 V96 H0 Z" fill="#3d2f73"/>
  <path d="M0 84 C24 72 50 82 96 78 V96 H0 Z" fill="#201a42"/>
  <path d="M18 82 L24 58 L30 82 Z" fill="#12301f"/>
  <path d="M30 84 L35 66 L40 84 Z" fill="#173d28"/>
  <rect x="70" y="66" width="12" height="10" fill="#d9c7a0"/>
  <path d="M68 67 L76 59 L84 67 Z" fill="#a43d2b"/>
  <rect x="74" y="69" width="4" height="4" fill="#ffd966"/>
</svg>
`

export const projectFiles: ReadonlyArray<NewFile> = [
  { path: "ablate.yaml", text: settings },
  { path: ".gitignore", text: ignore },
  { path: "pipelines/first.yaml", text: pipeline },
  { path: "stages/picture/posterize.ts", text: stage },
  { path: "pictures/hills.svg", text: picture }
]

/** Written last, since it describes the project's own stages too. */
export const schemaPath = "schema/pipeline.schema.json"
