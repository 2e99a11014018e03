// An invented event, the same on every run, with everything a replay can meet: two sessions of an
// event, a follow-up chat, silences, late answers, a deleted post, a missing parent, reposts, open
// questions, right-to-left text, attachments and hostile markup. Values of the `posts` topic.

export const kTag = 'openclassroom';
export const kSettings = `[[hashtag]]
name = "OpenClassroom"
gap = "6h"
[[hashtag.event]]
title = "Open Classroom Days 2016"
start = 2016-09-23T09:00:00+02:00
end = 2016-09-24T18:00:00+02:00
`;

const kPeople = [
  ['amara', 'Amara Okafor'], ['bjorn', 'Björn Lind'], ['chen', 'Chen Wei'], ['dalia', 'داليا حسن'],
  ['elif', 'Elif Yılmaz'], ['fin', 'Fin Gallagher'], ['grace', 'Grace Mwangi'], ['hugo', 'Hugo Martins'],
  ['ines', 'Inés Ortega'], ['jonas', 'Jonas Weber'], ['keiko', 'Keiko Tanaka'], ['lena', 'Lena Novak'],
];

const kStarts = [
  'Opening circle now: everybody writes down one lesson that went wrong and why.',
  'Room 4 has the best argument of the day so far: homework is a message to parents, not a tool for learners.',
  'Trying the silent debate from the morning with thirty adults. It works, and it is loud on paper.',
  'A teacher beside me has kept every exit ticket since 2009. Boxes of them. She reads them each summer.',
  'Notes from the session on feedback: say what you saw, ask what they meant, stop.',
  'The coffee queue is where the programme really happens.',
  'Peer review with strangers: two minutes to read, one question each, no advice.',
  'They published their failed units beside the good ones. More of this, please.',
  'Small groups are where I learn. Five is already a crowd.',
  'The library opened at seven so that the night shift could read. Forty people came.',
];
const kReplies = [
  'We did this for a term. The first two weeks were awful, then it carried itself.',
  'Yes, and write it on the door, so that they see it on the way out as well.',
  'Not with my year nines, they would eat me alive. But I would like to see it.',
  'Half of it is the room. Move the tables first.',
  'I kept the sheets; happy to share them with anyone who writes to me.',
  'That is the opposite of what we found. Ours talked less, but longer.',
  'Who takes the notes while you listen? That is what I never solved.',
  'Thank you. I am stealing the second half of this.',
];
const kQuestions = [
  'How do you grade a group without punishing the quiet one?',
  'Has anybody run this with learners who cannot read yet?',
  'What do you do in the first five minutes when nobody knows anybody?',
  'Does somebody still have the slides of the Friday keynote?',
];

const time = (text) => Date.parse(text);
const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function makePosts() {
  const posts = [];
  const pick = random(7);
  let number = 0;
  const add = (at, person, text, more = {}) => {
    number += 1;
    const [handle, name] = kPeople[person % kPeople.length];
    const id = `https://social.example/users/${handle}/statuses/${1000 + number}`;
    const tagged = more.via !== 'thread';
    const html = more.html
      ?? `<p>${escape(text)}${tagged ? ' <a href="https://social.example/tags/openclassroom">#OpenClassroom</a>' : ''}</p>`;
    posts.push({
      v: 1, type: 'Note', id, url: `https://social.example/@${handle}/${1000 + number}`,
      published: new Date(at).toISOString(),
      attributedTo: {
        id: `https://social.example/users/${handle}`, preferredUsername: `${handle}@social.example`, name,
        url: `https://social.example/@${handle}`,
      },
      content: html, language: more.language ?? 'en',
      ...(more.parent ? { inReplyTo: more.parent } : {}),
      ...(more.attachment ? { attachment: more.attachment } : {}),
      ...(more.summary ? { summary: more.summary, sensitive: true } : {}),
      tag: tagged ? [{ type: 'Hashtag', name: '#OpenClassroom' }] : [],
      via: more.via ?? 'tag',
      source: { kind: 'archive', instance: 'social.example', retrieved: '2026-01-02T03:04:05.000Z' },
    });
    return id;
  };
  const day = (from, minutes, count, person) => {
    for (let i = 0; i < count; i += 1) {
      const at = time(from) + Math.floor((i * minutes * 60_000) / count) + pick(90_000);
      const root = add(at, person + i, kStarts[pick(kStarts.length)]);
      const answers = pick(4);
      let parent = root;
      for (let k = 0; k < answers; k += 1) {
        const reply = add(at + (k + 1) * 150_000 + pick(200_000), person + i + k + 1 + pick(3),
          kReplies[pick(kReplies.length)], { parent, via: pick(3) === 0 ? 'thread' : 'tag' });
        if (pick(2) === 0) parent = reply;
      }
    }
  };

  // The first morning, written out: the tests name these.
  const welcome = add(time('2016-09-23T07:02:10Z'), 0,
    'Welcome to Open Classroom Days. Doors are open, so are the classrooms. Say hello below.');
  add(time('2016-09-23T07:03:05Z'), 1, 'Hello from Uppsala, third year in a row.', { parent: welcome });
  add(time('2016-09-23T07:03:40Z'), 4, 'Merhaba! First time, a bit nervous.', { parent: welcome });
  const quiet = add(time('2016-09-23T07:10:00Z'), 5, kQuestions[0]);
  const marks = add(time('2016-09-23T07:12:30Z'), 6,
    'I give two marks: one for the thing, one for how you got there, and the second is written by the group.', { parent: quiet });
  add(time('2016-09-23T07:13:10Z'), 7, 'And they are honest? Mine would all give themselves a ten.', { parent: marks });
  add(time('2016-09-23T07:15:45Z'), 6, 'They are harsher than I am. Every year.', { parent: marks });
  add(time('2016-09-23T07:18:00Z'), 3, '', {
    language: 'ar', parent: quiet,
    html: '<p dir="rtl">أطلب من كل طالب أن يكتب ما تعلمه من زميله. هكذا يظهر الصامتون أيضاً.</p>',
  });
  add(time('2016-09-23T07:20:00Z'), 8, 'The wall after one hour.', {
    attachment: [{ type: 'Image', mediaType: 'image/jpeg', url: 'https://social.example/media/wall.jpg',
      name: 'A wall covered with yellow paper notes, in five uneven columns', width: 1200, height: 800 }],
  });
  add(time('2016-09-23T07:22:00Z'), 9, '', {
    html: '<p onclick="alert(1)">Links to <a href="https://example.org/sheets">the sheets</a><script>alert(2)</script> and <a href="javascript:alert(3)">nothing</a>.</p>',
  });
  const gone = add(time('2016-09-23T07:25:00Z'), 10, 'I should not have written this in public.');
  posts.push({ v: 1, type: 'Tombstone', id: gone, deleted: '2016-09-23T09:00:00.000Z', published: '2016-09-23T07:25:00.000Z' });
  add(time('2016-09-23T07:27:00Z'), 11, 'Thank you for writing it anyway.', { parent: gone });
  add(time('2016-09-23T07:31:00Z'), 2, 'Exactly what we saw in the pilot, thank you for the link.', {
    parent: 'https://elsewhere.example/users/pilot/statuses/77',
  });
  add(time('2016-09-23T07:34:00Z'), 1, kQuestions[1]);
  add(time('2016-09-23T07:40:00Z'), 8, 'Lunch is at twelve. There will be arguments.', { summary: 'food' });

  day('2016-09-23T07:45:00Z', 470, 34, 2);
  add(time('2016-09-23T15:40:00Z'), 9, kQuestions[3]);
  day('2016-09-24T07:05:00Z', 500, 26, 5);
  const last = add(time('2016-09-24T15:50:00Z'), 0, 'That was it. The doors stay open: answer whenever you read this.');
  // A follow-up chat a week later, its own session.
  const chat = add(time('2016-10-01T18:00:00Z'), 6, kQuestions[2]);
  add(time('2016-10-01T18:04:00Z'), 7, 'Names on the table, then a question that has no right answer.', { parent: chat });
  day('2016-10-01T18:10:00Z', 50, 8, 1);

  // Those who came later.
  add(time('2016-09-25T20:15:00Z'), 3, 'Just read all of this on the train home. Thank you.', { parent: welcome, via: 'thread' });
  add(time('2017-11-04T09:30:00Z'), 8, 'A year on: we tried the two marks. It changed who speaks.', { parent: marks, via: 'thread' });
  const later = add(time('2019-09-20T16:45:00Z'), 11,
    'Three years late: the quiet one was me. What helped was being asked second, never first.', { parent: quiet, via: 'thread' });
  add(time('2019-09-21T06:12:00Z'), 5, 'You are not late. This is the answer I was looking for.', { parent: later, via: 'thread' });
  add(time('2021-03-02T10:00:00Z'), 4, 'Found this again today. The doors are open still.', { parent: last });

  for (let i = 0; i < 9; i += 1) {
    posts.push({
      v: 1, type: 'Announce', id: `https://social.example/users/${kPeople[i][0]}/statuses/9${i}/activity`,
      object: i < 6 ? quiet : welcome, published: new Date(time('2016-09-23T08:00:00Z') + i * 600_000).toISOString(),
      attributedTo: { id: `https://social.example/users/${kPeople[i][0]}` },
    });
  }
  posts.push({ v: 1, type: 'Coverage', source: 'social.example', from: '2016-09-23T00:00:00.000Z',
    to: '2016-09-23T12:00:00.000Z', complete: true, why: '' });
  posts.push({ v: 1, type: 'Coverage', source: 'social.example', from: '2016-09-23T12:00:00.000Z',
    to: '2016-09-23T13:00:00.000Z', complete: false, why: 'the source answered too slowly' });
  posts.push({ v: 1, type: 'Coverage', source: 'social.example', from: '2016-09-23T13:00:00.000Z',
    to: '2016-10-02T00:00:00.000Z', complete: true, why: '' });
  return posts;
}

export const makeJsonLines = () => makePosts().map((post) => JSON.stringify(post)).join('\n') + '\n';

// A very large event: a post each 2.6 s, a third of them begin a conversation.
export const kBigTag = 'bigevent';
export function makeBigJsonLines(count) {
  const begin = time('2020-05-01T08:00:00Z');
  const id = (i) => `https://big.example/${String(i).padStart(7, '0')}`;
  const lines = [];
  for (let i = 0; i < count; i += 1) {
    lines.push(JSON.stringify({
      v: 1, type: 'Note', id: id(i), url: id(i), published: new Date(begin + i * 2_600).toISOString(),
      attributedTo: { id: `https://big.example/u${i % 997}`, preferredUsername: `u${i % 997}@big.example`, name: `Person ${i % 997}` },
      content: `<p>Post ${i} of a very large event</p>`, language: 'en', ...(i % 3 ? { inReplyTo: id(i - (i % 3)) } : {}),
      tag: [{ type: 'Hashtag', name: `#${kBigTag}` }],
    }));
  }
  return `${lines.join('\n')}\n`;
}
