/** Data sets that everybody has the same copy of: what is in their files, and where they can be fetched. */

export interface KnownFile {
  /** Without `.gz`. */
  readonly name: string
  /** Of the bytes without compression, so that any mirror's compression is accepted. */
  readonly hash: { readonly algorithm: "sha256" | "md5"; readonly hex: string }
  readonly sizeBytes: number
}

export interface KnownDataset {
  readonly name: string
  /** Its own folder below a folder of data sets. */
  readonly folder: string
  readonly classes: ReadonlyArray<string>
  readonly splits: {
    readonly [split in "train" | "test"]: {
      readonly count: number
      readonly images: KnownFile
      readonly labels: KnownFile
    }
  }
  /** Folders on the web that have the files as `NAME.gz`; tried in this order. */
  readonly mirrors: ReadonlyArray<string>
}

const imageBytes = (count: number) => 16 + count * 28 * 28
const labelBytes = (count: number) => 8 + count
const [trainCount, testCount] = [60_000, 10_000]

const files = (
  algorithm: "sha256" | "md5",
  hashes: {
    readonly [name in "trainImages" | "trainLabels" | "testImages" | "testLabels"]: string
  }
): KnownDataset["splits"] => {
  const file = (name: string, hex: string, sizeBytes: number): KnownFile => ({
    name,
    hash: { algorithm, hex },
    sizeBytes
  })
  return {
    train: {
      count: trainCount,
      images: file("train-images-idx3-ubyte", hashes.trainImages, imageBytes(trainCount)),
      labels: file("train-labels-idx1-ubyte", hashes.trainLabels, labelBytes(trainCount))
    },
    test: {
      count: testCount,
      images: file("t10k-images-idx3-ubyte", hashes.testImages, imageBytes(testCount)),
      labels: file("t10k-labels-idx1-ubyte", hashes.testLabels, labelBytes(testCount))
    }
  }
}

export const mnist: KnownDataset = {
  name: "MNIST",
  folder: "mnist",
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  splits: files("sha256", {
    trainImages: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    trainLabels: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    testImages: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    testLabels: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
  }),
  mirrors: [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/"
  ]
}

/** Of its uncompressed files, MD5 is what has been published; it tells damage, though not malice. */
export const fashionMnist: KnownDataset = {
  name: "Fashion-MNIST",
  folder: "fashion-mnist",
  classes: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot"
  ],
  splits: files("md5", {
    trainImages: "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    trainLabels: "9018921c3c673c538a1fc5bad174d6f9",
    testImages: "8181f5470baa50b63fa0f6fddb340f0a",
    testLabels: "15d484375f8d13e6eb1aabb0c3f46965"
  }),
  mirrors: [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
  ]
}
