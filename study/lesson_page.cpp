#include "study/lesson_page.h"

#include <fmt/format.h>

#include "attacks/reading.h"
#include "data/cifar.h"
#include "study/attack_words.h"
#include "study/data_uri.h"
#include "study/lesson_json.h"
#include "study/lesson_script.h"
#include "study/palette.h"
#include "study/trace_charts.h"
#include "study/trace_film.h"
#include "study/trace_pictures.h"
#include "study/trace_style.h"
#include "study/trace_words.h"

namespace weir {
namespace {

std::string picture(const RgbPicture& picture, const std::string& alternative) {
  constexpr Index close_up = 4;
  return fmt::format("<img src=\"{}\" alt=\"{}\">", data_uri(enlarged(picture, close_up)),
                     escaped(alternative));
}

std::string note(std::string_view words) { return fmt::format("<p class=\"note\">{}</p>\n", escaped(words)); }

/// One attack on one image: original, what was added, what came out, and a sentence.
std::string at_a_glance(const AttackStory& story, const std::string& network) {
  const Trace& trace = story.trace;
  const float gain = perturbation_gain(trace);
  const std::string title = words_of_attack(story.attack).title;
  return fmt::format(
      "<figure><figcaption>{}</figcaption><div class=\"pair\">{}{}{}</div>{}</figure>\n", escaped(title),
      picture(picture_of(trace.first().image, trace), "The original"),
      picture(perturbation_of(trace.last(), trace, gain),
              fmt::format("What {} added, {:g} times as strong", title, gain)),
      picture(picture_of(trace.last().image, trace), "What came out: " + answer_words(trace.last(), trace)),
      note(fmt::format("{} The middle shows what was added, {:g} times as strong.",
                       trace_sentence(trace, title, network), gain)));
}

constexpr std::string_view explorer = R"(<div class="workbench" id="explorer" hidden>
<div class="choices" id="image-choice" role="group" aria-label="Image"></div>
<div class="choices" id="attack-choice" role="group" aria-label="Attack"></div>
<p class="slide"><label for="step">Move through the attack</label><input type="range" id="step" min="0" value="0">
<output id="step-name" for="step"></output></p>
<div class="stage">
<figure><canvas id="picture" width="32" height="32" role="img" aria-label="The picture at this step"></canvas><figcaption>picture</figcaption></figure>
<figure><canvas id="slope" width="32" height="32" role="img" aria-label="The gradient at this step"></canvas><figcaption id="slope-caption">which way it looks</figcaption></figure>
<figure><canvas id="added" width="32" height="32" role="img" aria-label="What was added so far"></canvas><figcaption>what was added</figcaption></figure>
<ul class="bars" id="bars" aria-label="Logits and probabilities"></ul>
</div>
<div class="views">
<figure><div class="plane"><canvas id="plane" width="17" height="17" role="img" aria-label="The loss around the image"></canvas><svg id="way" viewBox="0 0 100 100" aria-hidden="true"></svg></div>
<figcaption>the loss: right is uphill at the original, up is a random direction; orange is fooled</figcaption></figure>
<figure><svg id="input-path" viewBox="0 0 300 150" role="img" aria-label="Information shared with the image, by layer"></svg><figcaption>shared with the image (IIP, nats): original black, this step orange</figcaption></figure>
<figure><svg id="output-path" viewBox="0 0 300 150" role="img" aria-label="Information shared with the last layer, by layer"></svg><figcaption>shared with the last layer (OIP, nats)</figcaption></figure>
</div></div>
)";

Section attacks_section(const LessonStory& story) {
  std::string html = std::string(explorer) + "<div class=\"glance\">\n";
  for (const AttackStory& attack : story.images.front().attacks) html += at_a_glance(attack, story.network);
  return {
      .id = "attacks",
      .heading = "One image, five attacks",
      .introduction =
          "A network turns 3072 numbers into ten logits; the largest is its answer. Its gradient says, for "
          "each of the 3072, whether more of it would help or harm. Every attack here reads that gradient; "
          "they differ in what they do with it. FGSM takes one step along its sign. IGSM takes many small "
          "ones. JSMA changes few numbers by much. DeepFool goes to the nearest boundary. Carlini and "
          "Wagner's attack looks for the smallest change that will do. (The images are ones that even FGSM "
          "fools the network with; it fails on others.)",
      .html = html + "</div>\n"};
}

Section plane_section(const LessonStory& story) {
  const ImageStory& image = story.images.front();
  std::string html = "<div class=\"glance\">\n";
  for (const AttackStory& attack : image.attacks)
    html += fmt::format(
        "<figure><figcaption>{}</figcaption><img src=\"{}\" alt=\"The loss in a plane through the "
        "original\"></figure>\n",
        escaped(words_of_attack(attack.attack).title), data_uri(picture_of(attack.plane, image.label, 12)));
  return {
      .id = "landscape",
      .heading = "The loss as a landscape",
      .introduction =
          "Each picture is a plane through the original, which lies in the left half, on the middle line. To "
          "the right: the direction in which the loss grows fastest there. Upwards: a random direction. Blue:"
          " the network still sees the true class; orange: it does not; the darker, the higher the loss. "
          "Black: where the steps of the attack fall on the plane. Scales differ: DeepFool's whole plane "
          "would be a speck on FGSM's. Going up or down changes almost nothing; going right changes "
          "everything. A shadow on blue may belong to a picture that fools: then the step has left this "
          "plane, one of very many.",
      .html = html + "</div>\n"};
}

Section inside_section(const LessonStory& story) {
  const ImageStory& image = story.images.front();
  const Trace& trace = image.attacks.at(1).trace;
  return {
      .id = "inside",
      .heading = "What happens inside",
      .introduction =
          "How much a layer's feature maps still tell about the image (left), and how much already about "
          "the last layer (right), in nats, from the first layer to the last. Black is the original, orange "
          "the end of the attack (IGSM), and between them its steps. The picture hardly changes; the path "
          "to the output does.",
      .html = "<div class=\"panels two\"><figure>" + to_svg(path_chart(trace, PathKind::input)) +
              "</figure><figure>" + to_svg(path_chart(trace, PathKind::output)) + "</figure></div>\n"};
}

constexpr std::string_view board = R"(<div class="workbench" id="board" hidden>
<div class="choices" id="board-choice" role="group" aria-label="Image to paint on"></div>
<div class="choices" role="group" aria-label="Brush">
<label><input type="radio" name="brush" value="uphill" checked>along the gradient</label>
<label><input type="radio" name="brush" value="downhill">against it</label>
<label><input type="radio" name="brush" value="brighter">brighter</label>
<label><input type="radio" name="brush" value="darker">darker</label></div>
<div class="stage">
<figure><canvas id="paint" width="32" height="32" role="img" aria-label="Paint here"></canvas><figcaption>paint here</figcaption></figure>
<figure><canvas id="live-slope" width="32" height="32" role="img" aria-label="The gradient, live"></canvas><figcaption>the gradient answers</figcaption></figure>
<figure><canvas id="live-added" width="32" height="32" role="img" aria-label="What you added"></canvas><figcaption>what you added, 5 times</figcaption></figure>
<ul class="bars" id="live-bars" aria-label="Logits and probabilities, live"></ul>
<output class="readout" id="live-loss"></output>
</div>
<div class="choices"><button type="button" id="one-step">one step of 0.02 everywhere (FGSM)</button>
<button type="button" id="step-back">one step back down</button>
<button type="button" id="start-over">start over</button></div>
<p class="note" id="agreement"></p></div>
)";

Section board_section(const LessonStory& story) {
  const ImageStory& image = story.images.front();
  const Trace canvas{.channels = image_channels, .size = {.height = image_side, .width = image_side}};
  const TraceStep step{
      .image = to_floats(image.pixels), .gradient = image.small_gradient, .logits = image.small_logits};
  return {
      .id = "your-turn",
      .heading = "Your turn: paint an attack",
      .introduction =
          "A small network of five convolutions runs in this page, forwards and backwards, in a hundred "
          "lines of plain JavaScript. Paint on the picture: its answer and its gradient follow. Try a brush "
          "that makes pixels brighter until the answer changes; then start over and take the brush that "
          "follows the gradient. How many dabs less does it take? (This needs scripts. Without them you see "
          "the beginning: a picture, and the gradient that would guide you.)",
      .html = std::string(board) + "<div class=\"glance\"><figure><div class=\"pair\">" +
              picture(picture_of(step.image, canvas), "A picture") +
              picture(gradient_of(step, canvas), "The small network's gradient on it") + "</div>" +
              note(fmt::format(
                  "The small network is {} sure of this {}. Orange: brighter pixels would raise its loss; "
                  "blue: darker ones.",
                  percent(confidence_of(image.small_logits, image.label)),
                  class_word(image.label, class_names.size()))) +
              "</figure></div>\n"};
}

Section further_section(const LessonHeading& heading) {
  return {.id = "further",
          .heading = "Read on",
          .introduction = {},
          .html =
              "<ul class=\"read-on\"><li>Eleven lessons with code, numbers and exercises: "
              "<code>docs/lessons/</code> in Weir's source, from one neuron to the flow of "
              "information.</li><li>Why each gradient is what it is: "
              "<code>docs/derivations/</code>.</li><li><code>weir explain fgsm</code>, and every other "
              "attack, term and error.</li><li>The story of one image in full: <code>weir trace igsm "
              "good-init --image 31</code>.</li></ul>\n" +
              to_html(heading.environment)};
}

}  // namespace

std::string lesson_page(const LessonStory& story, const LessonHeading& heading) {
  const ImageStory& image = story.images.front();
  Page page{
      .title = "How attacks use gradients",
      .lead =
          "A network is right about a picture. Change it so little that nobody sees it, and the network is "
          "wrong and sure of it. The way there is not a secret: it is the gradient, which every network "
          "hands out.",
      .kicker = "Weir · interactive lesson",
      .facts = {{"Network", story.network},
                {"Images", fmt::format("{}, {} attacks each", story.images.size(), image.attacks.size())},
                {"Made by", heading.command}},
      .sections = {attacks_section(story), plane_section(story), inside_section(story), board_section(story),
                   further_section(heading)},
      .hero = before_and_after(image.attacks.at(1).trace),
      .style = trace_style() + std::string(lesson_style()),
      .script = "(() => {" + std::string(lesson_network_script()) + std::string(lesson_controls_script()) +
                "})();"};
  page.sections.back().html +=
      "<script type=\"application/json\" id=\"numbers\">" + lesson_json(story) + "</script>\n";
  return render(page);
}

}  // namespace weir
