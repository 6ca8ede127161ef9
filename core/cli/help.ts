import { toolVersion } from '../version.ts';

const regions = `REGION   all (default) | box:LO,HI | box:POINT:RADIUS | ball:l1|l2|linf:POINT:RADIUS
POINT    zeros | a .npy file | comma-separated numbers`;

const outputs = `OUTPUT   a name, of an output, inner tensor or node | NAME[I], one component | NAME[I]-[J], the difference of two`;

const inspectOptions = `  --norm l1|l2|linf    distances at both ends (default l2)
  --region REGION      where the constant has to hold (default: everywhere)
  --budget SECONDS     stop refining after this long (default 10)
  --input NAME         the input, inner tensor or node that moves (default: the first floating-point input)
  --output OUTPUT      what is looked at (default: the first output)
  --set NAME=VALUE     hold another input at a value instead of zeros
  --dim NAME=N         give a free dimension a size (the batch is 1)
  --as-if-unquantised  leave out the rounding of quantised tensors, which makes a network not Lipschitz
  --provider NAME      auto | cpu | webgpu | cuda | dml | coreml (default auto)
  --threads N          for the engine (default: it chooses)`;

export const overview = `lipschitz ${toolVersion}: how smooth is this network, how do we know, and which layer is to blame?

Commands
  lipschitz bilipschitz MODEL       how far the network keeps points apart: the lower end beside the Lipschitz constant
  lipschitz check [FOLDER]          every limit of lipschitz.json, for a build: exit code 1 when one is not kept
  lipschitz compare BEFORE AFTER    which layers changed, and which of two models is rougher
  lipschitz couple MODEL            how the layers make up the constant together, and what to rescale
  lipschitz history FOLDER          the checkpoints of a training as a series, also while it writes them
  lipschitz inspect MODEL...        certified layer norms and the network's Lipschitz interval
  lipschitz map MODEL --svg F       where it is rough: local constants over a plane, every cell an interval
  lipschitz layer MODEL LAYER       one layer's singular values, and what it stretches most
  lipschitz smooth MODEL --epsilon E  the same network without kinks, within E of it, with its smoothness constant
  lipschitz report MODEL --out F    an inspection as HTML, Markdown, JSON or CSV
  lipschitz verify REPORT MODEL     re-check a JSON report against its model by other methods
  lipschitz what-if MODEL --spectral K  weights limited or rescaled: the new interval, and the changed model
  lipschitz convert MODEL OUT.onnx  a model of Keras, TensorFlow.js or torch.export as ONNX
  lipschitz chain WEIGHTS           a guess at how the layers of weights without a graph follow one another

Examples
  lipschitz inspect critic.onnx
  lipschitz inspect policy.onnx --norm linf --region box:-1,1 --max 10
  lipschitz report classifier.onnx --out classifier.html
  lipschitz help inspect`;

const texts = {
  compare: `lipschitz compare BEFORE AFTER [options]

Puts two models beside each other: which layers have other weights, which got rougher or smoother, and how the networks' constants compare.
"Proved" stands only where the two intervals do not meet. BEFORE and AFTER are models of any format, weights without a network
among them (then layers alone are compared), or JSON files that inspect --json wrote.

Options
${inspectOptions}
  --max R              exit with 1 unless the constant after is proved to be at most R times the constant before
  --out FILE           the comparison as .html, .md, .json, .csv or .svg
  --json FILE|-        the comparison as JSON (- for standard output)

${regions}
${outputs}

Examples
  lipschitz compare epoch-10.onnx epoch-20.onnx
  lipschitz compare released.json candidate.onnx --max 1.1   gate a release
  lipschitz compare before.pt after.safetensors --out layers.html`,

  bilipschitz: `lipschitz bilipschitz MODEL [options]

The largest m with |f(x) - f(y)| >= m |x - y|, as an interval: invertible layers in a row, residual blocks x + g(x) with |g| < 1, additive
coupling layers and concatenations have a certified lower end; two points whose images are near each other are the upper one.
With fewer outputs than inputs m is 0.

Options
${inspectOptions}
  --json FILE|-        the answer as JSON (- for standard output)

${regions}

Examples
  lipschitz bilipschitz flow.onnx
  lipschitz bilipschitz encoder.onnx --output features --json -`,

  'what-if': `lipschitz what-if MODEL --spectral K [--layers PATTERN] | --rescale LAYER=FACTOR [--out changed.onnx] [options]

Multiplies the weights of layers (biases stay), inspects the network as it is and as it would be, and says how far its outputs move at 256 random points
of the region. --spectral brings every layer whose l2 norm is larger down to K; PATTERN is a name or id in which * stands for anything.
The changed file has every byte of the model but those weights. For ONNX files with their float32 or float64 weights inside.

Options
${inspectOptions}
  --spectral K         limit the l2 norm of layers
  --layers PATTERN     only of these
  --rescale LAYER=F    multiply one layer's weights; may be repeated
  --out FILE.onnx      save the changed model
  --json FILE|-        all of it as JSON (- for standard output)

${regions}

Examples
  lipschitz what-if critic.onnx --spectral 1 --out critic-1.onnx
  lipschitz what-if net.onnx --rescale fc2=0.5 --region box:0,1`,

  couple: `lipschitz couple MODEL [options]

Shows how the layers make up the network's constant together: each one's share of the product, how far noise at the input can grow up to
each layer (the bound, and what samples reach), and what would bring the constant to a target: rescaling one layer, all of them
jointly, or each on its own.

Options
${inspectOptions}
  --target L           the upper end that is wanted
  --noise G            the size of a change of the input (default 1)
  --data-scale C       what if the data were multiplied by C first
  --json FILE|-        write the numbers as JSON (- for standard output)

${regions}
${outputs}

Examples
  lipschitz couple critic.onnx --target 1
  lipschitz couple net.onnx --noise 0.03 --json - | jq .layers`,

  check: `lipschitz check [FOLDER] [options]

Inspects every model that a lipschitz.json names and holds it against its limits: for the network, for layers, for the smoothed network.
The file is the nearest one, in FOLDER (default: here) or above. A limit counts as kept only when a certified upper end is within it.

Options
  --budget-file FILE   another file of budgets
  --format text|json|sarif   the judgements for other programs; SARIF 2.1.0 for code scanning
  --out FILE|-         where that goes; the text stays on standard output (default: standard output, instead of the text)
  --budget SECONDS     stop refining each model after this long (default: "seconds" of the file, or 10)
  --provider NAME, --threads N as for inspect
  --verbose            stacks with errors

Examples
  lipschitz check                                            a build fails when a limit is not kept
  lipschitz check --format sarif --out lipschitz.sarif       and shows the breaches in the pull request (docs/ci.md)

Exit codes: 0 all kept, 1 a limit is not kept or a model is missing, 2 wrong usage or a mistake in the file, 3 no model could be read.`,

  history: `lipschitz history FOLDER|FILES... [options]

Inspects the checkpoints of a training and shows how the norms of the layers and the network's constant went. They are sorted by the number in
their names that counts steps or epochs, else by the time when they were written. Content that was seen before is not computed again.

Options
${inspectOptions.replace('(default 10)', 'each (default 3)')}
  --watch              go on reading what training writes, until Ctrl+C; files that are still being written are tried again
  --out FILE           the history as .html, .md, .json, .csv or .svg, kept up to date while watching
  --json FILE|-        the history as JSON (- for standard output)
  --cache FOLDER|none  where finished inspections are kept (default: the user's cache folder)

${regions}
${outputs}

Examples
  lipschitz history runs/critic --out critic.html
  lipschitz history runs/critic --watch --out live.html
  lipschitz history epoch-*.pt --json - | jq .layers

Exit codes as for inspect: 1 when some checkpoint could not be read, 3 when none could.`,

  inspect: `lipschitz inspect MODEL... [options]

Prints, for each model, an interval that holds its Lipschitz constant: the lower end with a witness, the upper end with a certificate.

Options
${inspectOptions}
  --chain FILE         weights without a graph: how their layers follow one another (lipschitz help chain); estimates only
  --max L              exit with 1 when an upper end exceeds L
  --budget-file FILE   exit with 1 when a limit of a lipschitz.json for these models is not kept (docs/budgets.md)
  --format text|json|sarif   what is not within its limit, for other programs; SARIF 2.1.0 for code scanning
  --out FILE|-         where that goes (default: standard output, instead of the text)
  --witness NAME       save the two points behind the lower end as NAME-x.npy and NAME-y.npy
  --json FILE|-        write the inspection as JSON (- for standard output)
  --verbose            stacks with errors

${regions}
${outputs}

Examples
  lipschitz inspect critic.onnx                              is it 1-Lipschitz?
  lipschitz inspect *.onnx --max 1.05                        gate a build: exit code 1 when one is not
  lipschitz inspect net.onnx --region box:image.npy:0.0314   near one image
  lipschitz inspect net.onnx --json - | jq .lipschitz.l2     for other programs

Exit codes: 0 done, 1 a threshold was exceeded, 2 wrong usage, 3 no model could be read, 4 a fault of ours, 130 cancelled.`,

  report: `lipschitz report MODEL --out FILE.html|.md|.json|.csv [options]

Inspects a model and writes a report; the ending of FILE decides the form.

Options
${inspectOptions}
  --max L              exit with 1 when the upper end exceeds L
  --bilipschitz        also how far points are kept apart, in l2 (as bilipschitz; takes the budget once more)
  --json FILE|-        write the inspection as JSON as well (- for standard output)

${regions}
${outputs}

Examples
  lipschitz report net.onnx --out net.html                   one self-contained page, for a safety case
  lipschitz report net.onnx --out layers.csv --norm l1       one row per layer`,

  layer: `lipschitz layer MODEL LAYER [options]

Tells more about one linear layer (by its name or id in the table of inspect): its leading singular values, how all of them are spread, the
input that it stretches most with what becomes of it, and, for convolutions, what its l2 norm does not exceed at any input size.

Options
  --json FILE|-        everything, for other programs (- for standard output)
  --svg FILE|-         histogram and patterns as a picture
  --budget SECONDS     for the supremum over all sizes (default 10)
  --input NAME, --output OUTPUT, --set NAME=VALUE, --dim NAME=N, --as-if-unquantised, --provider NAME, --threads N as for inspect

Examples
  lipschitz layer net.onnx layer1.0.conv1 --svg conv1.svg
  lipschitz layer net.onnx fc --json - | jq .leading`,

  map: `lipschitz map MODEL [options]

Draws a map of local Lipschitz constants: a grid over a plane through the input space, every cell an interval.

The plane
  --axes I,J           two coordinates of the flattened input (default 0,1)
  --data FILE.npy      the two principal directions of points, one per row; with --axes, --random or --through they are only shown
  --labels FILE.npy    the classes of those points, whole numbers
  --random             two random directions, by --seed
  --through POINT      through three points: give it three times
  --at POINT           the base point (default: zeros, the mean of the data, the first point)
  --range A:B,C:D      how far, along both (default -3:3,-3:3, or around the data or points)
  --grid RxC           rows and columns of cells (default 50x50)

The constants
  --method NAME        jacobian: sampled Jacobians (default) | pairs: difference quotients of random pairs |
                       certified: a proved interval for every cell
  --pairs N            pairs in each cell (default 2500)
  --samples N          points in each cell, for the other methods
  --pin U,V            look closely at a place in the plane: outputs, Jacobian, certified radii (may be repeated)
  --restrict slice     for changes inside the plane only (default: of the whole input)
  --seed N             of random points and directions (default 0)
  --norm l1|l2|linf    distances at both ends (default l2)
  --budget SECONDS     stop after this long (default 60); cells that are not done show a first look
  --input NAME, --output OUTPUT, --set NAME=VALUE, --dim NAME=N, --provider NAME, --threads N as for inspect

Files
  --json FILE|-        all cells, for other programs (- for standard output)
  --csv FILE|-         one line per cell
  --svg FILE|-         the picture with axes, scale and decision boundary
  --html FILE|-        a report: the picture, the plane as images for networks of images, how the ends were found
  --png FILE           the cells in pixels
  --scale A:B          constants at the ends of the pictures' colours, to compare maps (default: those of the map)
  --beside MODEL       the same plane of another model, on one scale (--svg, --html, --json)

POINT    zeros | a .npy file | comma-separated numbers
${outputs}

Examples
  lipschitz map two_moons.onnx --range -2:3,-2:2 --svg map.svg
  lipschitz map two_moons.onnx --method certified --grid 100x100 --json map.json
  lipschitz map mlp.onnx --beside mlp_gradient_penalty.onnx --svg both.svg
  lipschitz map digits.onnx --data digits.npy --restrict slice --png map.png`,

  smooth: `lipschitz smooth MODEL --epsilon E [options]

Replaces every layer with kinks (ReLU, max pooling, ...) by a smooth one, so that the output moves by at most E in l2, proved; says how the
accuracy is divided among the layers, what the smoothed network's Lipschitz constant and that of its gradient are at most, and writes it.

Options
  --epsilon E          how far the output may move
  --rule NAME          optimal: the smallest smoothness constant (default) | equal: the same part for every layer |
                       paper-halving, paper-algorithm2: the rules of Roulet and Harchaoui for all weights within radii
  --radii R1,R2,...    norms of the parameters for the paper's rules (default: the Frobenius norms of the file)
  --weight LAYER=W     this layer gets W times the part of the accuracy that it would get (may be repeated; not for the paper's rules)
  --lock LAYER=MU      this layer moves by MU, the others share what that leaves (may be repeated)
  --variant NAME       one-sided: SmoothReLU as published (default) | centred: half the error | balanced: ramps around the kinks
  --region REGION      where the input stays (default: everywhere); sizes are bounded only there
  --data FILE.npy      examples, one per row: a table of the original and the networks smoothed within 1e-6 to 10
  --labels FILE.npy    their labels, for accuracy and loss
  --samples N          random points at which the deviation is looked at (default 10000)
  --seed N             of the random points (default 0)
  --budget SECONDS     stop after this long (default 10)
  --input NAME, --output OUTPUT, --set NAME=VALUE, --dim NAME=N, --provider NAME, --threads N as for inspect

Files
  --out FILE.onnx      the smoothed model
  --report FILE        the numbers with pictures and methods: .html, .md or .json
  --json FILE|-        the answer, for other programs (- for standard output)

${regions}
${outputs}

Examples
  lipschitz smooth net.onnx --epsilon 0.1 --out smooth.onnx
  lipschitz smooth net.onnx --epsilon 0.01 --variant balanced --region box:0,1 --json -
  lipschitz smooth net.onnx --epsilon 0.5 --rule paper-halving --radii 36.84,19.01,36.76,5.24`,

  chain: `lipschitz chain WEIGHTS [--source NET.py] [--out CHAIN.json]

Weights without a graph (safetensors, state dicts) do not say how their layers are connected. This proposes a chain from the order of the file, of
the names, or of the sizes; with --source, in the order in which the class in that file calls its layers, with the functions between (the file is
read, never run). Either is a guess, to be read and mended. inspect --chain composes the layers as it says; every number of the whole
network is then an estimate that names the chain it rests on, while norms of dense layers stay certified.

A step is one of {"layer": NAME} (convolutions take "stride", "padding" and "groups"), {"function": "Relu"}, {"pool": "max", "size": 2}
and {"flatten": true}; "input" has the sizes of the input without the batch, channels first.

Examples
  lipschitz chain net.safetensors --out chain.json
  lipschitz chain net.pth --source net.py --out chain.json
  lipschitz inspect net.safetensors --chain chain.json`,

  convert: `lipschitz convert MODEL OUT.onnx

Writes a model of any format that holds a graph (docs/formats.md, docs/keras.md) as ONNX. What was written is run at three points and
compared with our own reading's values, computed in doubles; the largest difference is said. Nothing of the model's own code is
executed; a model with layers that are not understood is refused with their names.

Examples
  lipschitz convert classifier.keras classifier.onnx
  lipschitz convert web/model.json web.onnx`,

  verify: `lipschitz verify INSPECTION.json MODEL

Re-checks a JSON report against the model: the file's hash, the witness, every layer's norm by another method than the one that found
it, and the upper end. Exit code 1 when anything is refuted.

Options
  --json FILE|-        write the checks as JSON

Examples
  lipschitz inspect net.onnx --json net.json && lipschitz verify net.json net.onnx`,
};

export const helpOf: ReadonlyMap<string, string> = new Map(Object.entries(texts));
