// What a page does beyond its forms: it follows the game by an event stream,
// presses without leaving the page, and says what happened. Without this script
// the same forms post and the server answers with the page.
(() => {
  'use strict';
  const body = document.body;
  const {role, path} = body.dataset;
  const $ = id => document.getElementById(id);

  // Names are anybody's text: they only ever become text nodes.
  function make(tag, attributes = {}, ...children) {
    const space = ['svg', 'path', 'line', 'rect', 'text'].includes(tag) ? 'http://www.w3.org/2000/svg' : 'http://www.w3.org/1999/xhtml';
    const e = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
    e.append(...children);
    return e;
  }
  const named = label => make('bdi', {}, label);
  const cents = dollars => Math.round(Number(dollars) * 100);
  function money(dollars) { // "1234.50" → "$1,234.50", "37.00" → "$37"
    const [, sign, whole, part] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(dollars) || [];
    if (whole === undefined) return dollars;
    return (sign ? '−' : '') + '$' + whole.replace(/\B(?=(\d{3})+$)/g, ',') + (Number(part) ? '.' + part : '');
  }
  const moneyOf = c => money((c / 100).toFixed(2));

  // ---- what is said ----

  const later = new Map(); // one timer for each element or purpose
  function after(what, ms, f) {
    clearTimeout(later.get(what));
    later.set(what, setTimeout(f, ms));
  }
  function say(sentence, refused = false) {
    const said = $('said');
    // A screen reader reads a change: the same sentence twice needs one.
    said.textContent = said.textContent === sentence ? sentence + '\u00a0' : sentence;
    said.classList.remove('hint');
    said.classList.toggle('refused', refused);
  }
  let lost = false;
  function lose() {
    lost = true;
    clearTimeout(later.get('line'));
    showLine('Connection lost, trying again', false);
  }
  const away = database => database ? lose() : back();
  function back() {
    if (!lost) return;
    lost = false;
    showLine('Back', true);
    after('line', 3000, () => { $('line').hidden = true; });
  }
  function showLine(text, good) {
    const line = $('line');
    line.hidden = false;
    line.classList.toggle('good', good);
    if (line.textContent !== text) line.textContent = text;
  }

  // ---- what is known ----

  const people = new Map(); // id → {label, dollars, changed, root}
  let you = null;           // the participant's own, not among the buttons
  let base = 0;             // moves up to this number are in the sums
  const counted = new Set(); // moves after it that are, too
  const label = id => you && id === you.id ? you.label : people.get(id)?.label ?? 'Player ' + id;

  function readPage() {
    base = Number(body.dataset.number) || 0;
    if (role === 'participant') you = {id: Number($('you').dataset.id), label: $('you').textContent, changed: 0};
    for (const root of $('players')?.children ?? []) {
      const id = Number(root.dataset.id ?? root.querySelector('form').dataset.payee);
      const dollars = root.querySelector('.dollars').textContent;
      people.set(id, {label: root.querySelector('.name').textContent, dollars: dollars ? dollars.replace('−', '-').replace(/[$,]/g, '') : undefined, changed: 0, root});
    }
  }

  function balance(id, dollars, changed) {
    if (dollars === undefined || dollars === null) return;
    const who = you && id === you.id ? you : people.get(id);
    if (!who || changed < who.changed) return; // an older answer that came late
    const before = who.dollars;
    who.dollars = dollars;
    who.changed = changed;
    if (who === you) $('dollars').textContent = money(dollars);
    else if (who.root) {
      who.root.querySelector('.dollars').textContent = money(dollars);
      if (before !== undefined && cents(before) !== cents(dollars)) mark(who.root, cents(dollars) - cents(before));
    }
  }

  // A balance that has just changed is marked in colour and in text.
  function mark(root, by) {
    const where = root.querySelector('button') ?? root;
    where.classList.add('changed');
    const text = root.querySelector('.mark');
    text.textContent = by < 0 ? moneyOf(by) : '+' + moneyOf(by);
    text.classList.toggle('less', by < 0);
    after(root, 4000, () => {
      where.classList.remove('changed');
      text.textContent = '';
    });
  }

  function setState(state, ends) {
    if (ends !== undefined) body.dataset.ends = ends ?? '';
    if (!state || state === body.dataset.state) return;
    body.dataset.state = state;
    $('state').textContent = (role === 'host' ? hostStates : states)[state] ?? '';
    for (const button of document.querySelectorAll('[data-payee] button, [data-keep] button')) able(button);
    for (const form of document.querySelectorAll('[data-when]')) form.hidden = !form.dataset.when.split(' ').includes(state);
  }
  const states = {waiting: 'The game has not started yet.', running: '', paused: 'The game is paused.', ended: 'The game is over. Thank you for playing.'};
  const hostStates = {waiting: 'Not started', running: 'Running', paused: 'Paused', ended: 'Ended'};
  function able(button) {
    const yes = body.dataset.state === 'running' && !button.classList.contains('pending');
    if (yes) button.removeAttribute('aria-disabled');
    else button.setAttribute('aria-disabled', 'true');
  }

  // ---- who plays ----

  // A new participant's button or row; those already there stay under the finger.
  function meet(p, before = null) {
    if (you && p.id === you.id) return;
    let who = people.get(p.id);
    if (!who) {
      who = {label: p.label, changed: 0, root: role === 'host' ? row(p) : button(p)};
      people.set(p.id, who);
      $('players')?.insertBefore(who.root, before);
    } else if (who.label !== p.label) {
      who.label = p.label;
      who.root.querySelector('.name').textContent = p.label;
    }
    if ($('alone')) $('alone').hidden = true;
    if ($('count')) $('count').textContent = people.size;
    balance(p.id, p.dollars, p.changed ?? 0);
  }
  function button(p) {
    const b = make('button', {class: 'give'},
      make('span', {class: 'unseen'}, 'Give ' + money(body.dataset.amount) + ' to '),
      make('bdi', {class: 'name'}, p.label), ' ', make('span', {class: 'dollars'}), ' ', make('span', {class: 'mark'}));
    able(b);
    return make('li', {}, make('form', {method: 'post', action: path + '/press', 'data-payee': p.id, 'data-position': p.position || people.size + 1}, b));
  }
  function row(p) {
    return make('tr', {'data-id': p.id}, make('th', {scope: 'row'}, make('bdi', {class: 'name'}, p.label)),
      make('td', {class: 'n'}, make('span', {class: 'mark'}), ' ', make('span', {class: 'dollars'})), make('td', {class: 'here'}));
  }
  function meetAll(players) {
    const now = new Set(players.map(p => p.id));
    for (const [id, who] of people) {
      if (now.has(id)) continue;
      who.root.remove();
      people.delete(id);
    }
    players.forEach((p, i) => meet(p, people.has(p.id) ? null : $('players')?.children[i] ?? null));
  }

  // ---- what happened ----

  let came = []; // received and not yet said
  function move(m) {
    if (m.number <= base || counted.has(m.number)) return;
    counted.add(m.number);
    if (you && m.from !== you.id && m.to !== you.id) return;
    showMove(m);
    if (!you) return;
    const sum = m.from === you.id ? 'given' : 'received';
    you[sum] = (you[sum] ?? 0) + cents(m.amount);
    $(sum).textContent = moneyOf(you[sum]);
    if (sum === 'given') return;
    came.push(m);
    if (came.length === 1) setTimeout(sayCame, 1200);
  }
  // What comes within a moment is said in one sentence, not read out one by one.
  function sayCame() {
    const givers = new Set(came.map(m => m.from));
    const sum = moneyOf(came.reduce((s, m) => s + cents(m.amount), 0));
    const who = givers.size === 1 ? '\u2068' + label(came[0].from) + '\u2069' : givers.size + ' people'; // isolated: a name may run the other way
    say(`You received ${sum} from ${who}. You have ${$('dollars').textContent}.`);
    came = [];
  }
  function showMove(m) {
    const amount = make('b', {}, money(m.amount));
    const li = make('li', {'data-number': m.number});
    if (you && m.from === you.id) li.append('You gave ', amount, ' to ', named(label(m.to)));
    else if (you) li.append(named(label(m.from)), ' gave you ', amount);
    else li.append(named(label(m.from)), ' gave ', amount, ' to ', named(label(m.to)));
    $('moves').prepend(li);
    while ($('moves').children.length > 100) $('moves').lastChild.remove();
    $('still').hidden = true;
  }

  function sums(own) {
    for (const sum of ['given', 'received']) {
      you[sum] = cents(own[sum]);
      $(sum).textContent = money(own[sum]);
    }
  }
  // Done in another window, or not any more: the server draws that page. Not at once
  // after a load, lest two that disagree reload without a pause.
  function whetherDone(done) {
    if (sent || done !== Boolean($('give'))) return;
    after('reload', Math.max(0, 3000 - performance.now()), () => busy ? after('reload', 500, () => whetherDone(done)) : location.reload());
  }
  function wholeState(s) {
    if (s.you) whetherDone(s.you.done);
    if ($('session')) $('session').textContent = s.session;
    base = s.number;
    counted.clear();
    if (s.you) {
      sums(s.you);
      balance(you.id, s.you.dollars, s.number);
    }
    meetAll(s.players ?? []);
    setState(s.state, s.ends_at);
    away(s.away);
    if (s.moves) {
      $('moves').replaceChildren();
      [...s.moves].reverse().forEach(showMove);
    }
    if (role === 'host') host(s);
  }
  function delta(d) {
    for (const p of d.new ?? []) meet(p);
    for (const p of d.players ?? []) balance(p.id, p.dollars, p.changed ?? d.number);
    [...(d.moves ?? [])].sort((a, b) => a.number - b.number).forEach(move);
    if (d.you) {
      sums(d.you);
      whetherDone(d.you.done);
    }
    setState(d.state, d.ends_at);
    away(d.away);
    if (role === 'host') rankSoon();
  }

  // ---- the event stream ----

  let stream = null, wait = 500;
  let heard = 0; // when the server was last heard
  function open() {
    if (stream || document.hidden || stopped) return;
    stream = new EventSource(path + '/live');
    heard = Date.now();
    stream.onopen = () => {
      heard = Date.now();
      wait = 500;
      back();
      wake?.();
    };
    stream.onerror = () => {
      lose();
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again
      close();
      after('open', wait + Math.random() * wait, ask);
      wait = Math.min(wait * 2, 4000);
    };
    const on = (name, f) => stream.addEventListener(name, e => {
      heard = Date.now();
      f?.(JSON.parse(e.data));
    });
    on('beat');
    on('state', wholeState);
    on('delta', delta);
    on('host', host);
  }
  function close() {
    stream?.close();
    stream = null;
  }
  // The server beats every five seconds: a connection that has died says nothing.
  function listen() {
    if (!stream || Date.now() - heard < 12000) return;
    lose();
    close();
    open();
  }
  // A stream that was refused says not why; the page under the same address does.
  let stopped = false;
  async function ask() {
    try {
      const answer = await fetch(path + '?format=json', {headers: {Accept: 'application/json'}});
      if ([401, 403, 404, 410].includes(answer.status)) {
        stopped = true;
        showLine('This address is not valid any more. Ask for a new one.', false);
        return;
      }
    } catch { /* away; opening the stream tries again */ }
    open();
  }
  function follow() {
    if (!$('line')) return;
    open();
    setInterval(listen, 1000);
    document.addEventListener('visibilitychange', () => document.hidden ? close() : open());
    addEventListener('offline', lose);
    addEventListener('online', () => { close(); open(); });
    addEventListener('pagehide', close);
    addEventListener('pageshow', () => { sent = false; open(); });
  }

  // ---- pressing ----

  let {key} = body.dataset;
  const queue = []; // presses go one after the other: each needs the key that the last one's answer brings
  let busy = null, wake = null, leaving = null;
  let sent = false; // a form that the next page answers

  function press(form) {
    const button = form.querySelector('button');
    if (button.classList.contains('pending')) return;
    if (body.dataset.state !== 'running') return say(states[body.dataset.state] ?? '', true);
    button.classList.remove('given', 'refused');
    button.classList.add('pending');
    giving(button, true);
    able(button);
    queue.push(form);
    pump();
  }
  function giving(button, yes) { // the same in text, where no balance has just changed
    const mark = button.querySelector('.mark');
    if (mark && mark.textContent === (yes ? '' : 'giving')) mark.textContent = yes ? 'giving' : '';
  }
  async function pump() {
    if (busy || !queue.length) return;
    busy = queue.shift();
    const answer = await send(busy);
    key = answer.key ?? key;
    answered(busy, answer);
    busy = null;
    if (queue.length) pump();
    else if (leaving) {
      sent = true;
      leaving.submit();
    }
  }
  // Until there is an answer the same press is sent again with the same key, so
  // that it gives once whether the first one arrived or not.
  async function send(form) {
    const {payee, position} = form.dataset;
    const fields = payee ? {payee, position: position ?? form.elements.position.value} : {keep: 1};
    for (let pause = 500; ; pause = Math.min(pause * 2, 4000)) {
      try {
        const answer = await fetch(form.action, {method: 'POST', keepalive: true, headers: {Accept: 'application/json'},
          body: new URLSearchParams({...fields, key}), signal: AbortSignal.timeout?.(15000)});
        if (![502, 503, 504].includes(answer.status)) {
          back();
          return await answer.json().catch(() => ({status: 'refused', message: 'That did not work. Reload the page and try again.'}));
        }
      } catch { /* no answer */ }
      lose();
      await new Promise(resolve => { wake = resolve; setTimeout(resolve, pause); });
      wake = null;
    }
  }
  function answered(form, answer) {
    const button = form.querySelector('button');
    const refused = answer.status === 'refused';
    button.classList.remove('pending');
    giving(button, false);
    button.classList.add(refused ? 'refused' : 'given');
    able(button);
    after(button, refused ? 4000 : 1500, () => button.classList.remove('refused', 'given'));
    say(answer.message, refused);
    if (answer.dollars && answer.number) balance(you.id, answer.dollars, answer.number);
    if (answer.status === 'given' && answer.number) {
      move({number: answer.number, from: you.id, to: Number(form.dataset.payee), amount: body.dataset.amount});
    }
  }

  document.addEventListener('click', e => {
    const button = e.target.closest('button');
    if (!button || button.closest('[data-confirm]')) return;
    // The second click of a double click is no second gift.
    if (e.detail > 1 || button.classList.contains('pending')) e.preventDefault();
  });
  document.addEventListener('keydown', e => { // a key held down is pressed once
    if (e.repeat && e.target.closest?.('button')) e.preventDefault();
  });
  document.addEventListener('submit', e => {
    const form = e.target;
    if (form.matches('[data-payee], [data-keep]')) {
      e.preventDefault();
      press(form);
    } else if (form.dataset.confirm && !confirm(form.dataset.confirm)) {
      e.preventDefault();
    } else if (busy) { // first what is under way
      e.preventDefault();
      leaving = form;
    } else sent = true;
  });

  // ---- the host's page ----

  function host(h) {
    if (h.connected) {
      const here = new Set(h.connected);
      $('connected').textContent = here.size;
      for (const [id, who] of people) {
        const cell = who.root.querySelector('.here');
        if (here.has(id) === Boolean(cell.firstChild)) continue;
        cell.replaceChildren(...here.has(id) ? [make('span', {'aria-hidden': 'true'}, '●'), make('span', {class: 'unseen'}, 'connected')] : []);
      }
    }
    if (h.gini !== undefined) $('gini').textContent = h.gini;
    if (h.lorenz) lorenz(h.lorenz);
    if (h.flow) flow(h.flow);
    rankSoon();
  }
  let ranking = false;
  function rankSoon() {
    if (ranking) return;
    ranking = true;
    setTimeout(() => { ranking = false; rank(); }, 300);
  }
  function rank() {
    const order = [...people.values()].sort((a, b) => cents(b.dollars) - cents(a.dollars) || a.label.localeCompare(b.label));
    const most = Math.max(1, ...order.map(who => cents(who.dollars) || 0));
    order.forEach((who, i) => {
      const at = $('players').children[i];
      if (at !== who.root) $('players').insertBefore(who.root, at);
      const bar = who.root.firstElementChild;
      bar.className = 'bars';
      bar.style.backgroundSize = Math.max(0, 100 * (cents(who.dollars) || 0) / most) + '% 100%';
    });
  }
  function flow(pairs) {
    const top = [...pairs].sort((a, b) => cents(b.amount) - cents(a.amount)).slice(0, 20);
    const most = Math.max(1, ...top.map(p => cents(p.amount)));
    $('flow').replaceChildren(...top.map(p => {
      const tr = make('tr', {}, make('td', {class: 'bars'}, named(label(p.from))), make('td', {}, named(label(p.to))), make('td', {class: 'n'}, money(p.amount)));
      tr.firstChild.style.backgroundSize = 100 * cents(p.amount) / most + '% 100%';
      return tr;
    }));
  }
  // The curve: which share of the dollars the poorest share of participants holds.
  function lorenz(points) {
    const path = points.map(([x, y], i) => (i ? 'L' : 'M') + (12 + 200 * x).toFixed(2) + ' ' + (204 - 200 * y).toFixed(2)).join('');
    const half = points.reduce((last, p) => p[0] <= 0.5 ? p : last, [0, 0]);
    $('lorenz').replaceChildren(make('svg', {viewBox: '0 0 216 222', role: 'img',
      'aria-label': `Lorenz curve: the poorest ${Math.round(100 * half[0])} % hold ${Math.round(100 * half[1])} % of the dollars`},
      make('path', {class: 'area', d: path + 'L212 204Z'}),
      make('rect', {class: 'frame', x: 12, y: 4, width: 200, height: 200}),
      make('line', {class: 'equal', x1: 12, y1: 204, x2: 212, y2: 4}),
      make('path', {class: 'curve', d: path}),
      make('text', {x: 212, y: 216, 'text-anchor': 'end'}, 'participants, poorest first'),
      make('text', {transform: 'translate(7 4) rotate(-90)', 'text-anchor': 'end'}, 'share of all dollars')));
  }

  function clock() {
    const ends = body.dataset.ends;
    const left = ends ? Math.max(0, Math.round((Date.parse(ends) - Date.now()) / 1000)) : 0;
    const text = left && body.dataset.state === 'running' ? Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0') + ' left' : '';
    if ($('clock').textContent !== text) $('clock').textContent = text;
  }

  readPage();
  follow();
  if ($('clock')) {
    clock();
    setInterval(clock, 1000);
  }
})();
