/** A stage of DeepFloyd IF from its files. */
import { decodeSchedule, deepFloydSchedule } from "#src/diffusion/scheduler-file.ts"
import { below, pretrainedUNet, readConfig } from "#src/models/deepfloyd/pretrained-value.ts"
import { folderInValue } from "#src/models/pretrained-folder.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

const schedulerName = "scheduler_config.json"

export default defineStage({
  summary:
    "A U-Net of DeepFloyd IF: its files are checked and named; the weights stay in them until they are used.",
  source: "DeepFloyd IF (https://github.com/deep-floyd/IF) in the folders of diffusers",
  params: Schema.Struct({
    folder: Schema.NonEmptyString.annotate({
      description:
        "With unet/ in it, and scheduler/scheduler_config.json if there is one; or the folder unet/ itself, and then the schedule is IF's: a cosine of 1000 timesteps. All files in it are hashed, so give no folder with more models than needed."
    }),
    variant: Schema.optionalKey(
      Schema.NonEmptyString.annotate({
        description:
          "Which set of weights, where the folder has several: fp16 is diffusion_pytorch_model.fp16.safetensors."
      })
    ),
    size: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 })).annotate({
        description:
          "Pixels a side of the images that it makes. Left out, what it was trained with: 64 in stage I, 256 in stage II.",
        unit: "pixels"
      })
    )
  }),
  folders: ["folder"],
  inputs: {},
  outputs: {
    model: port("Pretrained[H,W,C,E] in R given G of P", {
      description: "The network. It predicts noise and a variance, and is told a text."
    })
  },
  bind: ({ size }) => ({
    C: 3,
    R: "[-1,1]",
    P: "epsilon",
    ...(size === undefined ? {} : { H: size, W: size })
  }),
  example: `network:
  uses: model/deepfloyd
  with: { folder: weights/if-i-m, variant: fp16 }
`,
  run: async ({ folders, log, params: { size, variant } }) => {
    const source = folders["folder"]!
    const folder = {
      shown: folderInValue(source.path, source.location),
      location: source.location,
      files: await source.list()
    }
    const scheduler = below(folder, "scheduler")
    const schedule =
      scheduler === undefined
        ? deepFloydSchedule()
        : decodeSchedule(
            await readConfig(scheduler, schedulerName, "remove the folder, or mend it")
          )
    const network = await pretrainedUNet(below(folder, "unet") ?? folder, {
      schedule,
      ...(size === undefined ? {} : { size }),
      ...(variant === undefined ? {} : { variant })
    })
    const bytes = network.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    log(`${network.folder}: ${network.files.length} files of weights, ${bytes} bytes`)
    return { model: network }
  }
})
