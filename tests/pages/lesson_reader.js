// Reads the interactive lesson as a reader would, and writes down what it saw.
(() => {
  const wrong = [];
  try {
    read(wrong);
  } catch (error) {
    wrong.push(error.stack, ...problems);
  }
  const report = document.createElement('pre');
  report.id = 'report';
  report.textContent = wrong.length === 0 ? `all is well at ${innerWidth} pixels`
    : `not so: ${wrong.join('\nnot so: ')}`;
  document.body.append(report);

  function read(wrong) {
    const at = (id) => document.getElementById(id);
    const expect = (holds, what) => { if (!holds) wrong.push(what); };
    const seen = (id) => at(id).toDataURL();
    const words = (id) => at(id).textContent;
    const changed = (what, ids, act) => {
      const look = () => ids.map((id) => (at(id).tagName === 'CANVAS' ? seen(id) : at(id).innerHTML || at(id).value));
      const before = look();
      act();
      look().forEach((now, i) => expect(now !== before[i], `${what} changes #${ids[i]}`));
    };
    const numbers = JSON.parse(words('numbers'));
    const press = (group, i) => at(group).children[i].click();

    const difference = Number(document.documentElement.dataset.difference);
    expect(difference >= 0 && difference < 1e-5, `the logits are Weir's: they differ by ${difference}`);
    const slopeDifference = Number(document.documentElement.dataset.slopeDifference);
    expect(slopeDifference >= 0 && slopeDifference < 1e-4, `the gradient is Weir's: it differs by ${slopeDifference} of its largest`);
    expect(!at('explorer').hidden && !at('board').hidden, 'scripts wake the explorer and the board');
    expect(at('attack-choice').children.length === 5, 'five attacks');

    changed('another attack', ['added', 'plane', 'way', 'bars', 'step-name'], () => press('attack-choice', 2));
    const slider = at('step');
    changed('the first step', ['picture', 'added', 'slope', 'bars', 'way', 'output-path', 'step-name'], () => {
      slider.value = 0;
      slider.dispatchEvent(new Event('input'));
    });
    const blank = at('added').getContext('2d').getImageData(0, 0, 32, 32).data;
    expect([...blank].every((part, i) => i % 4 === 3 || part === 128), 'nothing is added at the first step');
    if (numbers.images.length > 1)
      changed('another image', ['picture', 'slope', 'bars', 'input-path'], () => press('image-choice', 1));

    const loss = () => Number(at('live-loss').value.match(/loss ([0-9.]+)/)[1]);
    const stroke = (brush, x, y) => {
      document.querySelector(`input[value=${brush}]`).checked = true;
      const place = at('paint').getBoundingClientRect();
      at('paint').dispatchEvent(new PointerEvent('pointerdown', {
        clientX: place.left + x * place.width, clientY: place.top + y * place.height, buttons: 1, bubbles: true}));
    };
    const first = loss();
    changed('a stroke along the gradient', ['paint', 'live-slope', 'live-added', 'live-bars', 'live-loss'],
      () => stroke('uphill', 0.5, 0.5));
    expect(loss() > first, `a stroke along the gradient raises the loss: ${first} to ${loss()}`);
    changed('starting over', ['paint', 'live-bars'], () => at('start-over').click());
    expect(Math.abs(loss() - first) < 1e-9, 'starting over starts over');
    stroke('downhill', 0.5, 0.5);
    expect(loss() < first, `a stroke against the gradient lowers the loss: ${first} to ${loss()}`);
    at('start-over').click();
    changed('a brighter stroke', ['paint', 'live-added', 'live-bars'], () => stroke('brighter', 0.3, 0.3));
    at('start-over').click();
    const answer = () => at('live-bars').querySelector('.answer .what').textContent;
    const truth = answer();
    for (let i = 0; i < 3; ++i) at('one-step').click();
    expect(answer() !== truth, `three steps of 0.02 fool the network, it still says ${answer()}`);

    expect(document.documentElement.scrollWidth <= innerWidth,
      `nothing is wider than the window: ${document.documentElement.scrollWidth} in ${innerWidth}`);
    expect(problems.length === 0, `no errors on the console: ${problems.join('; ')}`);
  }
})();
