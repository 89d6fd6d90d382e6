/** How good generated images are, by a classifier and by the images that they should be like. */
import { UserError } from "#src/base/user-error.ts"
import { frechetDistance, momentsOf } from "#src/diffusion/evaluation/frechet-distance.ts"
import { judge } from "#src/diffusion/evaluation/judgement.ts"
import { nearestImages } from "#src/diffusion/evaluation/nearest-images.ts"
import { sourceOfDataset, sourceOfImages } from "#src/diffusion/in-batches.ts"
import { defineStage, port } from "#src/stage.ts"
import { datasetImages } from "#src/values/dataset/images.ts"
import type { Images } from "#src/values/values.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Judges generated images: agreement with the classes asked for, Fréchet distance to real images, distance to the nearest training image.",
  source:
    "Fréchet distance: Heusel et al. 2017 (arXiv:1706.08500), section 3, in the features of the given classifier in place of Inception's: to be compared only where the classifier is the same",
  params: Schema.Struct({
    referenceCount: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 10_000_000 })).annotate({
        description:
          "How many of the reference images are used, from the first on; left out, all of them.",
        unit: "images"
      })
    ),
    batchSize: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 65_536 }))
      .annotate({
        description: "The most images that the classifier sees together.",
        unit: "images"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(200)))
  }),
  inputs: {
    images: port("Images[N,H,W,C] in R", {
      description:
        "The generated images, of one checkpoint; as they are, also outside of the range."
    }),
    classes: port("Tensor[N]", {
      description:
        "The class that each was asked for, -1 for none, as the sampling stages give them out; without it there is no agreement.",
      optional: true
    }),
    classifier: port("Model[H,W,C,K] in R given nothing of logits", {
      description: "A classifier trained on real images."
    }),
    reference: port("Dataset[D,H,W,C,L] in R", {
      description: "The images that the network was trained with."
    }),
    heldOut: port("Dataset[E,H,W,C,L] in R", {
      description:
        "Real images that it was not trained with: as many as there are generated ones are measured likewise, to show what a perfect network would reach.",
      optional: true
    })
  },
  outputs: {
    metrics: port("Metrics", {
      description:
        "Scalars: agreement (the share of images that the classifier takes for the class asked for), frechetDistance (squared, as FID), nearestDistance (mean over the images of the root mean squared difference to the nearest reference image; far below that of held-out images it speaks of memorised ones), generatedImages, and with held-out images heldOutFrechetDistance and heldOutNearestDistance. A row a class: images asked for, agreement, and how many were taken for it."
    }),
    nearest: port("Images[N,H,W,C] in R", {
      description: "The reference image nearest to each."
    })
  },
  check: ({ referenceCount }, { dims: { D, N } }) => [
    ...(N === 1 ? [{ path: [], ...tooFew("generated images", 1) }] : []),
    ...(D !== undefined && D < 2 ? [{ path: [], ...tooFew("reference images", D) }] : []),
    ...(D !== undefined && referenceCount !== undefined && referenceCount > D
      ? [
          {
            path: ["referenceCount"],
            message: `there are only ${D} reference images`,
            hint: `give ${D} or less, or leave it out`
          }
        ]
      : [])
  ],
  example: `quality:
  uses: evaluate/generation
  in:
    images: samples.images
    classes: samples.classes
    classifier: judge.model
    reference: digits.train
    heldOut: digits.test
`,
  run: async ({ inputs, log, params, progress, signal }) => {
    const { classes, classifier, heldOut, images, reference } = inputs
    const { batchSize } = params
    const [count] = images.shape
    assertOneCheckpoint(images)
    if (count < 2) fail(tooFew("generated images", count))
    const real = sourceOfDataset(reference, params.referenceCount)
    if (real.shape[0] < 2) fail(tooFew("reference images", real.shape[0]))
    const others = heldOut === undefined ? undefined : sourceOfDataset(heldOut, count)
    if (others !== undefined && others.shape[0] < 2) {
      fail(tooFew("held-out images", others.shape[0]))
    }

    const silent = { progress: () => {}, signal }
    const generated = sourceOfImages(images)
    const judged = await judge(classifier, generated, batchSize, silent)
    const judgedReal = await judge(classifier, real, batchSize, { progress, signal })
    const { dimension } = judged
    const realMoments = momentsOf(judgedReal.features, dimension)
    const distanceTo = (features: Float32Array) =>
      frechetDistance(momentsOf(features, dimension), realMoments)
    const nearest = await nearestImages(generated, real, { progress, signal })
    const agreement = agreementOf(judged.classes, classes?.data, classifier.architecture.classes)
    const scalars: Record<string, number> = {
      ...(agreement.share === undefined ? {} : { agreement: agreement.share }),
      frechetDistance: await distanceTo(judged.features),
      nearestDistance: meanOf(nearest.map(({ distance }) => distance)),
      generatedImages: count
    }
    if (others !== undefined) {
      const judgedOthers = await judge(classifier, others, batchSize, silent)
      const nearestOthers = await nearestImages(others, real, { progress, signal })
      scalars["heldOutFrechetDistance"] = await distanceTo(judgedOthers.features)
      scalars["heldOutNearestDistance"] = meanOf(nearestOthers.map(({ distance }) => distance))
    }
    log(
      `Fréchet distance of ${count} generated and ${real.shape[0]} reference images, in ${dimension} features`
    )
    if (Math.min(count, real.shape[0]) <= dimension) {
      log(
        `warning: with no more images than features the Fréchet distance is biased upwards, by more the fewer images there are; compare only equal numbers of images, or generate more than ${dimension}`
      )
    }
    const names = reference.classes
    return {
      metrics: {
        type: "Metrics" as const,
        scalars,
        series: agreement.byClass.map((own, index) =>
          rowOf(names.length === agreement.byClass.length ? names[index]! : String(index), own)
        )
      },
      nearest: {
        ...images,
        data: datasetImages(
          reference,
          nearest.map(({ index }) => index)
        ).data
      }
    }
  }
})

const tooFew = (what: string, count: number) => ({
  message: `${count} ${what} have no covariance, which the Fréchet distance needs`,
  hint: "give at least two, better several hundred"
})

const fail = ({ hint, message }: { readonly message: string; readonly hint: string }): never => {
  throw new UserError(message, { hint })
}

/** Images of several checkpoints would be judged as if one network had made them. */
const assertOneCheckpoint = ({ labels = [] }: Images): void => {
  const epochs = new Set(labels.map((label) => /^epoch \d+/.exec(label)?.[0]))
  if (epochs.size < 2) return
  fail({
    message: `the images are of several checkpoints: ${[...epochs].join(", ")}`,
    hint: "sample one for this, such as `checkpoints: [last]`"
  })
}

const meanOf = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

interface ClassCounts {
  asked: number
  right: number
  taken: number
}

const rowOf = (name: string, { asked, right, taken }: ClassCounts) => {
  const row = { class: name, images: asked, taken }
  return asked === 0 ? row : { ...row, agreement: right / asked }
}

/** Images without a class asked for count only as taken. */
const agreementOf = (
  taken: Int32Array,
  asked: ArrayLike<number> | undefined,
  classCount: number
) => {
  const byClass = Array.from({ length: classCount }, (): ClassCounts => {
    return { asked: 0, right: 0, taken: 0 }
  })
  for (let image = 0; image < taken.length; image++) {
    byClass[taken[image]!]!.taken++
    const wanted = asked?.[image] ?? -1
    if (wanted < 0) continue
    const own =
      byClass[wanted] ??
      fail({
        message: `image ${image} was asked to be of class ${wanted}, and the classifier knows ${classCount}`,
        hint: "use a classifier trained on the same classes"
      })
    own.asked++
    if (taken[image] === wanted) own.right++
  }
  const total = byClass.reduce((sum, own) => sum + own.asked, 0)
  const right = byClass.reduce((sum, own) => sum + own.right, 0)
  return { byClass, ...(total === 0 ? {} : { share: right / total }) }
}
