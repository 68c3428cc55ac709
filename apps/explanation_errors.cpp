#include <array>

#include "apps/explanation.h"

namespace weir {

// What happened, and behind the line end what to do.
std::span<const Explanation> error_explanations() {
  static const std::array list{
      Explanation{{"E0001"},
                  "There is no command, or no attack, of this name.\n"
                  "`weir --help` lists the commands, `weir attack --help` the attacks."},
      Explanation{{"E0002"},
                  "The command, the attack or the recipe knows no option of this name.\n"
                  "`weir COMMAND --help` lists them; a mistyped name is never ignored."},
      Explanation{{"E0003"},
                  "There is a word too many.\n"
                  "`weir COMMAND --help` shows in its first line what it takes."},
      Explanation{{"E0004"},
                  "Something that the command cannot do without is missing.\n"
                  "The message names it."},
      Explanation{{"E0005"},
                  "A flag was given a value, or an option none.\n"
                  "Leave the value out, or write one."},
      Explanation{{"E0006"},
                  "Two options exclude each other.\n"
                  "Leave one of them out; the message says which does what."},
      Explanation{{"E0200"},
                  "A function was called with something that does not fit: shapes, sizes, options.\n"
                  "The message has what was found and what was expected. From the command line it is worth a "
                  "report."},
      Explanation{
          {"E0203"},
          "A distance is negative, not finite, or larger than the pixel range.\n"
          "Pixels run from -1 to 1. `8/255` is a fraction of the range, a bare number is in these units."},
      Explanation{{"E0204"},
                  "A text is not a number.\n"
                  "Write 0.025, 2.5e-2 or 8/255."},
      Explanation{{"E0205"},
                  "The number of threads is not between 1 and 1024.\n"
                  "Leave `--threads` out to use all cores."},
      Explanation{{"E0206"},
                  "A number is outside of what is allowed here.\n"
                  "The message has the bounds."},
      Explanation{{"E0207"},
                  "A word is none of those that the option knows.\n"
                  "The message lists them."},
      Explanation{{"E0208"},
                  "There is no attack of this name.\n"
                  "`weir explain` and `weir attack --help` list them."},
      Explanation{{"E0209"},
                  "There is no model of this name.\n"
                  "`weir models` lists them; the path of a model.json will do, too, and for `weir models` "
                  "that of weights."},
      Explanation{{"E0210"},
                  "A recipe has a key that no recipe has.\n"
                  "Keys are checked so that a misspelt one cannot be ignored."},
      Explanation{
          {"E0211"},
          "A file is not JSON, or more of it than anybody writes by hand: a megabyte, brackets 64 deep.\n"
          "The message has line and column; look for a comma, a quote or a bracket there or just before. "
          "A file that ends too early was cut off."},
      Explanation{{"E0212"},
                  "A model.json has a layer, a key or a value that no network of Weir has, or layers that "
                  "cannot follow one another.\n"
                  "docs/files.md lists kinds and keys."},
      Explanation{{"E0213"},
                  "A recipe's value is of the wrong kind, out of bounds, or does not fit the command or the "
                  "images.\n"
                  "The message has what is accepted."},
      Explanation{{"E0214"},
                  "There is no recipe of this name.\n"
                  "A name that comes along, or the path of a file that ends in .json."},
      Explanation{{"E0215"},
                  "Results would be written over what they are made from.\n"
                  "Choose another folder with `--out`."},
      Explanation{{"E0216"},
                  "The folder holds results of another command.\n"
                  "The message says of which."},
      Explanation{
          {"E0217"},
          "The network is wrong about this image from the start, so there is nothing to attack.\n"
          "Choose another image; records.csv of `weir attack` shows which are right, and which were fooled."},
      Explanation{{"E0218"},
                  "A recipe is `like` itself, by way of others.\n"
                  "Follow the chain in the message and break it."},
      Explanation{{"E0219"},
                  "Nothing is known under this word.\n"
                  "`weir explain` lists what is."},
      Explanation{{"E0220"},
                  "Images have the wrong number of axes, or the pixel range is upside down.\n"
                  "Images are [N, C, H, W]."},
      Explanation{{"E0221"},
                  "There are not as many labels or targets as images.\n"
                  "One for each, in the same order."},
      Explanation{{"E0222"},
                  "A pixel is outside of the range.\n"
                  "Scale: x = byte / 127.5 - 1."},
      Explanation{{"E0223"},
                  "A label is none of the network's classes.\n"
                  "Classes count from 0."},
      Explanation{{"E0224"},
                  "A target is the image's own label.\n"
                  "Reaching the right class is no attack."},
      Explanation{{"E0225"},
                  "The network ends in a softmax: it gives probabilities, and attacks need logits.\n"
                  "Take the softmax off. Attacks bring their own, and logits do not saturate."},
      Explanation{
          {"E0226"},
          "This attack follows single classes of one network and knows no loss that several could share.\n"
          "Use fgsm, igsm, mi-fgsm, pgd, apgd or battery with `--also`."},
      Explanation{{"E0227"},
                  "The loss compares more classes than the network has.\n"
                  "`margin` and `ce` need two."},
      Explanation{{"E0228"},
                  "The networks of an ensemble do not have the same classes.\n"
                  "Attack networks together that answer the same question."},
      Explanation{{"E0229"},
                  "The network has no convolution layer, or one that does not compute what the tap reads.\n"
                  "`--tap post-act`, the default, reads every convolution layer."},
      Explanation{{"E0230"},
                  "So few parameters cannot be reached within the limits that every layer keeps.\n"
                  "Allow more parameters, or change the limits that the message names."},
      Explanation{{"E0231"},
                  "Pruning, a temperature or a recipe's batch norm does not fit a network of this kind.\n"
                  "The message names what is in the way."},
      Explanation{{"E0301"},
                  "CIFAR-10 is not in this folder, or it is the Python version.\n"
                  "`weir data fetch --data FOLDER` fetches the binary version. Without `--data`, 1,000 "
                  "images that come along are used."},
      Explanation{{"E0302"},
                  "A file is not there or cannot be read.\n"
                  "Check the path and its permissions."},
      Explanation{{"E0303"},
                  "A file that comes with Weir was not found.\n"
                  "Set WEIR_HOME to the folder that holds it, or install again."},
      Explanation{{"E0304"},
                  "CIFAR-10 could not be downloaded.\n"
                  "Put the archive into the folder by other means and run the same command again."},
      Explanation{{"E0305"},
                  "There are no such weights: no file of that path, and none of that name comes along.\n"
                  "For known names the message has the command that makes them."},
      Explanation{{"E0306"},
                  "A study's folder lacks a result that the report needs.\n"
                  "`weir study` with the same arguments goes on where it stopped."},
      Explanation{{"E0307"},
                  "A study needs the original network.\n"
                  "Name one with `--weights FILE`."},
      Explanation{{"E0308"},
                  "The folder holds no tables of a study.\n"
                  "Name a folder that `weir study --out` wrote."},
      Explanation{{"E0401"},
                  "A file of CIFAR-10 has the wrong size: cut off, still packed, or another version.\n"
                  "Fetch it again."},
      Explanation{{"E0402"},
                  "A label is not one of the classes: CIFAR-10 counts them from 0 to 9.\n"
                  "Is this CIFAR-100, or the Python version? Do the labels count from 1?"},
      Explanation{{"E0403"},
                  "What was downloaded is not what its makers published.\n"
                  "Nothing was taken from it. Try again; if it stays so, somebody changes it on the way."},
      Explanation{{"E0404"},
                  "The PNG is of a kind that Weir does not read.\n"
                  "Save it with 8 bits a channel, RGB, not interlaced."},
      Explanation{{"E0405"},
                  "A PNG is damaged or of the wrong size.\n"
                  "Images are 32 x 32."},
      Explanation{{"E0406"},
                  "An image holds a value that is not in [-1, 1].\n"
                  "For pixels of 0 to 255: pixels / 127.5 - 1. For 0 to 1: 2 * pixels - 1. NaN and infinity "
                  "come from what made the file."},
      Explanation{{"E0407"},
                  "A file is no .npy file, or a damaged one.\n"
                  "Write it again with numpy.save."},
      Explanation{{"E0408"},
                  "A .npy file has elements of another type.\n"
                  "numpy.save(path, array.astype(...)), with the type in the message."},
      Explanation{{"E0409"},
                  "A .npy file has another shape.\n"
                  "Images are [N, 3, 32, 32], labels [N]. From [N, 32, 32, 3]: array.transpose(0, 3, 1, 2)."},
      Explanation{{"E0410"},
                  "A tensor of the weights has another shape than the model.\n"
                  "Is this another model? `--model` names it."},
      Explanation{{"E0411"},
                  "A safetensors file is shorter than its first eight bytes.\n"
                  "It was cut off; copy it again."},
      Explanation{{"E0412"},
                  "A safetensors header ends beyond the file or the limit.\n"
                  "Damaged, or no safetensors file."},
      Explanation{{"E0413"},
                  "A safetensors header is not the JSON that it should be.\n"
                  "Damaged, or no safetensors file."},
      Explanation{{"E0414"},
                  "A tensor's name occurs twice in the file.\n"
                  "Whoever wrote the file must say which one counts."},
      Explanation{{"E0415"},
                  "A tensor of the file is described wrongly, or the file is something else, such as a zip.\n"
                  "Convert checkpoints to safetensors first: docs/bring_your_own.md."},
      Explanation{{"E0416"},
                  "Tensors of the file overlap or leave holes.\n"
                  "The file was written wrongly; write it again."},
      Explanation{{"E0417"},
                  "The file's fingerprint is missing or wrong: its bytes are not those that were written.\n"
                  "Copy it again from where it was made."},
      Explanation{{"E0418"},
                  "The weights hold NaN or infinity.\n"
                  "The training diverged, or the file is damaged."},
      Explanation{{"E0419"},
                  "A tensor's element type is none that Weir reads, or its place in the file is missing.\n"
                  "F32, F16, BF16, F64 and I64 are read."},
      Explanation{
          {"E0420"},
          "A compressed file (.gz) is damaged: it does not inflate to the length and checksum at its end, or "
          "claims more than weights can shrink to.\n"
          "Copy it again from where it was made; `gzip -t FILE` tells whether that helped."},
      Explanation{{"E0421"},
                  "A checkpoint does not belong to this training, or is damaged.\n"
                  "`--fresh` starts over."},
      Explanation{{"E0422"},
                  "A compression in this folder was begun with other settings.\n"
                  "`--fresh` starts over, `--out` goes elsewhere."},
      Explanation{{"E0423"},
                  "A compression in this folder is not finished.\n"
                  "`--resume` goes on, `--fresh` starts over."},
      Explanation{{"E0430"},
                  "The images that come along are damaged.\n"
                  "Restore data/embedded from the repository."},
      Explanation{{"E0431"},
                  "The weights hold a tensor that the model does not have.\n"
                  "Ignoring it would give another network than the one that was saved. `--model` names the "
                  "right one."},
      Explanation{
          {"E0432"},
          "The file does not say which network it holds, or how it was trained.\n"
          "`--model` names the network. A damaged `temperature` nobody can name: take the weights from "
          "where they were made."},
      Explanation{{"E0433"},
                  "A tensor that the model needs is not in the file.\n"
                  "Is this another model? `--model` names it."},
      Explanation{{"E0434"},
                  "The weights get none of the images right.\n"
                  "They belong to another model, or to images that were scaled otherwise."},
      Explanation{{"E0440"},
                  "A file that a report or card is made from cannot be read.\n"
                  "Restore it from the repository."},
      Explanation{{"E0441"},
                  "The study's presets cannot be read, or have no such preset.\n"
                  "The message lists them."},
      Explanation{{"E0442"},
                  "A stored result of a study is damaged.\n"
                  "It is computed again."},
      Explanation{{"E0443"},
                  "A table cannot be read.\n"
                  "Restore the folder, or run the command again."},
      Explanation{
          {"E0444"},
          "A manifest, or the findings of a study, cannot be read.\n"
          "Without them nothing can be verified or compared. Restore the folder, or run the command again."},
      Explanation{{"E0501"},
                  "The loss became NaN or infinite while training.\n"
                  "Nothing was changed by that step. Lower `peak_rate`, or set `clip_norm` in the recipe."},
      Explanation{{"E0502"},
                  "A covariance matrix is not positive definite.\n"
                  "Two positions coincide, or the noise is too small."},
      Explanation{{"E0503"},
                  "A number that must be finite is not: a logit, an activation, a variance.\n"
                  "Look for NaN in weights and images."},
      Explanation{{"E0601"},
                  "Another process uses this folder.\n"
                  "Wait, or choose another with `--out`."},
      Explanation{{"E0602"},
                  "The disk is full, or a file could not be written.\n"
                  "What was there before is still there. Free space and run the same command again."},
      Explanation{{"E0603"},
                  "The folder cannot be written to.\n"
                  "Check permissions."},
      Explanation{{"E0604"},
                  "The disk reported an error, a quota or a limit.\n"
                  "What was there before is still there."},
      Explanation{{"E0610"},
                  "There is not enough memory.\n"
                  "Fewer images at once (`--count`), or fewer `--threads`."},
      Explanation{
          {"W0611"},
          "Memory was full, so the network sees half as many images at once from here on.\n"
          "It takes a little longer. Results stay the same under `exact` numerics; under `fast` their "
          "last bits may change."},
      Explanation{{"E0612"},
                  "The GPU's memory is full.\n"
                  "Fewer images at once (`--count`, `--batch`), or end what else computes there."},
      Explanation{{"E0701"},
                  "A way of computing was asked for that this processor lacks.\n"
                  "Leave the choice to Weir."},
      Explanation{{"E0702"},
                  "This build or machine has no such device.\n"
                  "`weir doctor` lists those that there are."},
      Explanation{{"E0703"},
                  "A device gives wrong results in the self-test.\n"
                  "Do not use it. `weir doctor --json` has what to report."},
      Explanation{{"E0704"},
                  "A GPU or its driver refused a call.\n"
                  "The message has its words."},
      Explanation{{"E0705"},
                  "The OpenBLAS that was found lacks a function.\n"
                  "Use `--device onednn`, or install another version of the library."},
      Explanation{{"E9998"},
                  "A library refused a call that should have been right.\n"
                  "Our fault; please report it with the command."},
      Explanation{{"E9999"},
                  "Something that cannot be has happened.\n"
                  "Our fault; please report it with the command."},
      Explanation{{"W0420"},
                  "A checkpoint is damaged; training goes on from the one before, or from the start.\n"
                  "The damaged one is kept beside it."},
      Explanation{{"W0510"},
                  "The gradients of some inputs are all zero, so an attack could not move them.\n"
                  "That is no robustness. The help line says what this attack can do about it; `weir attack "
                  "pgd --loss margin` climbs what does not underflow. See `weir explain masking`."},
      Explanation{{"W0511"},
                  "The diagnosis found signs that gradients are masked.\n"
                  "The sentences below the warning say which. See `weir explain masking`."},
      Explanation{{"W0701"},
                  "The GPU that was asked for cannot be used here, so the CPU computes.\n"
                  "The message says why; `weir doctor` lists the devices that there are."}};
  return list;
}

}  // namespace weir
