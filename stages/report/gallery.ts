/** A page for what samplers make. */
import { nearest } from "#src/base/nearest.ts"
import { UserError } from "#src/base/user-error.ts"
import { ViewParams } from "#src/diffusion/estimators/views/view-params.ts"
import { galleryPage } from "#src/figures/gallery/gallery.ts"
import { defineStage, type Labelled, port } from "#src/stage.ts"
import { fileNameProblem } from "#src/values/file-name.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const ports = ["images", "trajectories", "anagrams", "hybrids", "facts"] as const

export default defineStage({
  summary:
    "Shows what samplers made in one HTML page: images, film strips, anagrams that turn at a click, hybrids at several sizes, numbers.",
  params: Schema.Struct({
    title: Schema.NonEmptyString.annotate({ description: "Heads the page." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed("Gallery"))
    ),
    description: Schema.optionalKey(
      Schema.NonEmptyString.annotate({ description: "A sentence or two below the title." })
    ),
    name: Schema.NonEmptyString.annotate({
      description: "Relative path of the file without its ending: `.html` is added."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("gallery"))),
    view: Schema.optionalKey(
      ViewParams.annotate({
        description: "How the anagrams are seen the other way, as in image/view."
      })
    ),
    titles: Schema.Record(Schema.String, Schema.NonEmptyString)
      .annotate({
        description:
          "Titles of sections by the reference or matrix point of their input, in place of it."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
  }),
  inputs: {
    images: port("Images[?,?,?,?]", {
      description: "Grey or RGB, shown side by side with their labels, small ones enlarged.",
      many: true,
      optional: true
    }),
    trajectories: port("Images[?,?,?,?]", {
      description:
        "States of samples, one sample after another, such as the trajectory of sample/diffusion: a film strip a sample.",
      many: true,
      optional: true
    }),
    anagrams: port("Images[?,?,?,?]", {
      description: "Images that are something else when they are seen through `view`.",
      many: true,
      optional: true
    }),
    hybrids: port("Images[?,?,?,?]", {
      description: "Images that are something else from afar, shown at several sizes.",
      many: true,
      optional: true
    }),
    facts: port("Metrics", {
      description: "Their scalars become a table.",
      many: true,
      optional: true
    })
  },
  outputs: { report: port("File", { description: "The page: one file that needs no network." }) },
  check: ({ name, view }, { connected }) => {
    const problem = fileNameProblem(name)
    return [
      ...(problem === undefined
        ? []
        : [
            {
              path: ["name"],
              message: `the file name ${JSON.stringify(name)} ${problem}`,
              hint: "name a file below the results folder, such as reports/anagrams"
            }
          ]),
      ...(ports.some((port) => connected[port] !== 0)
        ? []
        : [
            {
              path: [],
              message: "a gallery has nothing to show",
              hint: `connect at least one of ${ports.join(", ")}`
            }
          ]),
      ...(connected["anagrams"] !== 0 && view === undefined
        ? [{ path: [], message: "anagrams need a view", hint: "give the one they were made for" }]
        : []),
      ...(connected["anagrams"] === 0 && view !== undefined
        ? [
            {
              path: ["view"],
              message: "a view is of anagrams, and none are given",
              hint: "connect the port anagrams, or leave the view out"
            }
          ]
        : [])
    ]
  },
  example: `page:
  uses: report/gallery
  in: { trajectories: samples.trajectory, anagrams: samples.images }
  with: { title: A six that is a nine, view: rotate-180, titles: { samples.images: Turn them } }
`,
  run: async ({ inputs, params: { description, name, title, titles, view } }) => {
    assertTitles(
      titles,
      ports.flatMap((port) => inputs[port].map(({ label }) => label))
    )
    const titled = <V>(values: ReadonlyArray<Labelled<V>>): ReadonlyArray<Labelled<V>> =>
      values.map(({ label, value }) => ({
        label: Object.hasOwn(titles, label) ? titles[label]! : label,
        value
      }))
    if (view === undefined && inputs.anagrams.length > 0)
      throw new TypeError("anagrams need a view")
    const page = await galleryPage({
      title,
      ...(description === undefined ? {} : { description }),
      images: titled(inputs.images),
      trajectories: titled(inputs.trajectories),
      ...(view === undefined ? {} : { anagrams: { view, images: titled(inputs.anagrams) } }),
      hybrids: titled(inputs.hybrids),
      facts: titled(inputs.facts)
    })
    return {
      report: {
        type: "File",
        name: `${name}.html`,
        mediaType: "text/html",
        bytes: new TextEncoder().encode(page)
      }
    }
  }
})

/** @throws UserError for a title of no input */
const assertTitles = (
  titles: { readonly [label: string]: string },
  labels: ReadonlyArray<string>
): void => {
  const unknown = Object.keys(titles).find((label) => !labels.includes(label))
  if (unknown === undefined) return
  const meant = nearest(unknown, labels)
  throw new UserError(`the title of ${JSON.stringify(unknown)} is of no input`, {
    hint:
      meant === undefined
        ? `the inputs are ${[...new Set(labels)].join(", ")}`
        : `did you mean ${meant}?`
  })
}
