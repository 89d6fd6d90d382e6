/** A project with a manifest of a small model, and that model's files. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { encodeSafetensors } from "../../src/safetensors/encode.ts"
import { temporaryFolder } from "../support/project.ts"

export const repository = "ablate-tests/small"

export const manifestText = `title: A small model
usedFor: tests
source:
  repository: ${repository}
  revision: main
licence:
  name: Test Licence
  url: https://huggingface.co/${repository}
  mustBeAccepted: true
  conditions: for tests alone
files:
  - path: unet/config.json
  - path: unet/model.safetensors
  - path: text/model.safetensors.index.fp16.json
`

const weights = (name: string, count: number): Buffer =>
  Buffer.from(
    encodeSafetensors({
      [name]: {
        dtype: "U8",
        shape: [count],
        bytes: new Uint8Array(count).map((_, i) => (i * 7919) % 251)
      }
    })
  )

const shards = {
  "model.fp16-00001-of-00002.safetensors": "a",
  "model.fp16-00002-of-00002.safetensors": "b"
}

/** In the order in which they are fetched. */
export const modelFiles: { readonly [path: string]: Buffer } = {
  "unet/config.json": Buffer.from('{ "sample_size": 8 }'),
  "unet/model.safetensors": weights("w", 150_000),
  "text/model.safetensors.index.fp16.json": Buffer.from(
    JSON.stringify({
      metadata: { total_size: 3000 },
      weight_map: Object.fromEntries(Object.entries(shards).map(([file, tensor]) => [tensor, file]))
    })
  ),
  "text/model.fp16-00001-of-00002.safetensors": weights("a", 1000),
  "text/model.fp16-00002-of-00002.safetensors": weights("b", 2000)
}

const all = temporaryFolder()
let count = 0
export const newFolder = (): string => {
  const folder = join(all, String(count++))
  mkdirSync(folder)
  return folder
}

export const writeFiles = (
  folder: string,
  files: { readonly [path: string]: Buffer | string } = modelFiles
): string => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** A project's root. */
export const newProject = (manifest = manifestText): string =>
  writeFiles(newFolder(), { "weights/small.yaml": manifest, "ablate.yaml": "" })
