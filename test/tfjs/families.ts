/** Kernels of TensorFlow.js by what they have in common, and which of the suite's files test which family. */

export interface Family {
  readonly name: string
  readonly kernels: ReadonlyArray<string>
  /** Files of specs that are not named after a kernel of the family. */
  readonly files: ReadonlyArray<string>
}

const words = (text: string): ReadonlyArray<string> => text.trim().split(/\s+/)

/** Every kernel that tfjs-core names is in one family. */
export const families: ReadonlyArray<Family> = [
  {
    name: "unary",
    kernels: words(`
      Abs Acos Acosh Asin Asinh Atan Atanh Ceil ClipByValue Cos Cosh Elu EluGrad Erf Exp Expm1 Floor IsFinite IsInf IsNan
      LeakyRelu Log Log1p Neg Prelu Reciprocal Relu Relu6 Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Sqrt Square
      Step Tan Tanh`),
    files: words("ops/log_sigmoid")
  },
  {
    name: "binary",
    kernels: words(
      "Add AddN Atan2 BitwiseAnd FloorDiv Maximum Minimum Mod Multiply Pow RealDiv SquaredDifference Sub"
    ),
    files: words(`
      ops/arithmetic ops/binary_ops ops/moving_average ops/losses/absolute_difference ops/losses/compute_weighted_loss
      ops/losses/cosine_distance ops/losses/hinge_loss ops/losses/huber_loss ops/losses/log_loss
      ops/losses/mean_squared_error ops/losses/sigmoid_cross_entropy ops/losses/softmax_cross_entropy
      optimizers/adadelta_optimizer optimizers/adagrad_optimizer optimizers/adam_optimizer optimizers/adamax_optimizer
      optimizers/momentum_optimizer optimizers/optimizer optimizers/rmsprop_optimizer optimizers/sgd_optimizer`)
  },
  {
    name: "comparison",
    kernels: words(`
      Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalNot LogicalOr LogicalXor NotEqual Select`),
    files: words("ops/where")
  },
  {
    name: "reduce",
    kernels: words("All Any ArgMax ArgMin Max Mean Min Prod Sum"),
    files: words("ops/euclidean_norm ops/log_sum_exp ops/moments ops/norm")
  },
  {
    name: "matmul",
    kernels: words("BatchMatMul Einsum _FusedMatMul"),
    files: words(`
      ops/mat_mul ops/fused/fused_mat_mul ops/basic_lstm_cell ops/multi_rnn_cell ops/linalg/gram_schmidt ops/linalg/qr`)
  },
  {
    name: "convolution",
    kernels: words(`
      Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2
      DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Dilation2D
      Dilation2DBackpropFilter Dilation2DBackpropInput FusedConv2D FusedDepthwiseConv2D`),
    files: words(`
      ops/conv1d ops/conv2d_separable ops/conv2d_transpose ops/conv3d_transpose ops/depthwise_conv2d
      ops/fused/fused_conv2d ops/fused/fused_depthwise_conv2d`)
  },
  {
    name: "pool",
    kernels: words(`
      AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad MaxPoolWithArgmax Pool`),
    files: []
  },
  {
    name: "image",
    kernels: words(`
      CropAndResize Draw FlipLeftRight FromPixels ResizeBilinear ResizeBilinearGrad ResizeNearestNeighbor
      ResizeNearestNeighborGrad RotateWithOffset Transform`),
    files: words(`
      ops/image/crop_and_resize ops/image/flip_left_right ops/image/grayscale_to_rgb ops/image/resize_bilinear
      ops/image/resize_nearest_neighbor ops/image/rgb_to_grayscale ops/image/threshold ops/image/transform ops/to_pixels`)
  },
  {
    name: "normalisation",
    kernels: words("FusedBatchNorm LRN LRNGrad LogSoftmax Softmax"),
    files: words("ops/batchnorm ops/local_response_normalization")
  },
  {
    name: "gather and scatter",
    kernels: words(`
      Bincount DenseBincount GatherNd GatherV2 OneHot ScatterNd SparseToDense TensorScatterUpdate UnsortedSegmentSum`),
    files: words("ops/confusion_matrix ops/gather")
  },
  {
    name: "shape",
    kernels: words(`
      BatchToSpaceND BroadcastArgs BroadcastTo Cast Concat DepthToSpace Diag ExpandDims Fill Identity LinSpace
      MatrixBandPart MirrorPad OnesLike Pack PadV2 Range Reshape Reverse Slice SpaceToBatchND SplitV StridedSlice Tile
      Transpose Unpack ZerosLike`),
    files: words(`
      ops/clone ops/ensure_shape ops/eye ops/linalg/band_part ops/meshgrid ops/ones ops/pad ops/reverse_1d
      ops/reverse_2d ops/reverse_3d ops/reverse_4d ops/signal/frame ops/slice1d ops/slice2d ops/slice3d ops/slice4d
      ops/split ops/squeeze ops/stack ops/unstack ops/zeros`)
  },
  {
    name: "cumulative and sorting",
    kernels: words("Cumprod Cumsum LowerBound SearchSorted TopK UpperBound"),
    files: words("ops/in_top_k")
  },
  {
    name: "random",
    kernels: words("Multinomial"),
    files: words(`
      ops/dropout ops/dropout_util ops/rand ops/random_gamma ops/random_normal ops/random_standard_normal
      ops/random_uniform ops/random_uniform_int ops/truncated_normal`)
  },
  {
    name: "complex",
    kernels: words("Complex ComplexAbs FFT IFFT Imag Real"),
    files: words(`
      ops/complex_ops ops/signal/hamming_window ops/signal/hann_window ops/signal/stft ops/spectral/fft
      ops/spectral/irfft ops/spectral/rfft`)
  },
  {
    name: "sparse, ragged and strings",
    kernels: words(`
      RaggedGather RaggedRange RaggedTensorToTensor SparseFillEmptyRows SparseReshape SparseSegmentMean SparseSegmentSum
      StaticRegexReplace StringNGrams StringSplit StringToHashBucketFast`),
    files: words(`
      ops/sparse/sparse_fill_empty_rows ops/sparse/sparse_reshape ops/sparse/sparse_segment_mean
      ops/sparse/sparse_segment_sum ops/string/static_regex_replace ops/string/string_n_grams ops/string/string_split
      ops/string/string_to_hash_bucket_fast`)
  },
  {
    name: "shaped by data",
    kernels: words("NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 Unique"),
    files: words(`
      ops/boolean_mask ops/image/non_max_suppression ops/image/non_max_suppression_async ops/setdiff1d_async
      ops/where_async`)
  }
]

/** The family of everything that tests no kernel in particular: the engine, gradients, tensors, shapes, saving. */
export const core = "core"

const familyByKernel = new Map(
  families.flatMap(({ kernels, name }) => kernels.map((kernel) => [kernel, name] as const))
)
const familyByFile = new Map(
  families.flatMap(({ files, name }) => files.map((file) => [file, name] as const))
)
const familyByPlainKernel = new Map(
  [...familyByKernel].map(([kernel, family]) => [kernel.toLowerCase(), family])
)

/** @returns `undefined` for a kernel that is in no family */
export const familyOfKernel = (kernel: string): string | undefined => familyByKernel.get(kernel)

/** @param file such as `ops/conv2d`: a file is about the kernel it is named after, unless a family lists it */
export const familyOfFile = (file: string): string =>
  familyByFile.get(file) ??
  familyByPlainKernel.get(file.replace(/^ops\//, "").replaceAll("_", "")) ??
  core
