/** The small U-Nets of the shared fixtures as values. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { listFolder } from "../../src/base/folder.ts"
import { deepFloydSchedule } from "../../src/diffusion/scheduler-file.ts"
import { pretrainedUNet } from "../../src/models/deepfloyd/pretrained-value.ts"
import type { Pretrained } from "../../src/values/values.ts"
import { sourceFolder } from "./source-folder.ts"

/** @param folder with `config.json` and weights */
export const pretrainedIn = async (folder: string): Promise<Pretrained> =>
  pretrainedUNet(
    { shown: folder, location: folder, files: await sourceFolder(folder).list() },
    { schedule: deepFloydSchedule() }
  )

export const stageFolder = (fixtures: string, stage: "stage1" | "stage2"): string =>
  path.join(fixtures, stage, "unet")

/** A copy that may be written to, whatever the files' permissions are. */
export const copyFolder = (from: string, to: string): void => {
  for (const { name, path: file } of listFolder(from)) {
    mkdirSync(path.dirname(path.join(to, name)), { recursive: true })
    writeFileSync(path.join(to, name), readFileSync(file))
  }
}
