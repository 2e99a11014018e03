package peer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** One version of a post, and its content object (contract, section 1). Read again and again. */
final class Post {
  enum Type { NOTE, ANNOUNCE, TOMBSTONE }

  static final long NO_TIME = Long.MIN_VALUE;
  private static final JsonFactory FACTORY = new JsonFactory();

  Type type;
  String id;
  long published;
  long updated;
  long deleted;
  String author;
  String parent;
  String context;
  String object;
  boolean thread;
  final Out content = new Out();

  private String url;
  private String text;
  private String summary;
  private String language;
  private String quote;
  private boolean sensitive;
  private final Out authorJson = new Out();
  private final Out tagJson = new Out();
  private final Out attachmentJson = new Out();

  long stamp() {
    return updated != NO_TIME ? updated : published;
  }

  private void reset() {
    type = null;
    published = updated = deleted = NO_TIME;
    id = author = parent = context = object = url = text = summary = language = quote = "";
    thread = sensitive = false;
    authorJson.clear();
    tagJson.clear();
    attachmentJson.clear();
    content.clear();
  }

  /** Reads a post as the loader writes them: what is no post is not looked for here. */
  void read(byte[] json) throws IOException {
    reset();
    try (JsonParser in = FACTORY.createParser(json)) {
      in.nextToken();
      for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
        in.nextToken();
        member(in, name);
      }
    }
    if (type == null || id.isEmpty()) throw new IOException("no post: " + new String(json));
    if (type != Type.TOMBSTONE) writeContent();
  }

  private void member(JsonParser in, String name) throws IOException {
    switch (name) {
      case "type" -> type = switch (in.getText()) {
        case "Note" -> Type.NOTE;
        case "Announce" -> Type.ANNOUNCE;
        case "Tombstone" -> Type.TOMBSTONE;
        default -> throw new IOException("type " + in.getText());
      };
      case "id" -> id = in.getText();
      case "url" -> url = in.getText();
      case "published" -> published = Times.parse(in.getText());
      case "updated" -> updated = Times.parse(in.getText());
      case "deleted" -> deleted = Times.parse(in.getText());
      case "attributedTo" -> readAuthor(in);
      case "content" -> text = in.getText();
      case "summary" -> summary = in.getText();
      case "language" -> language = in.getText();
      case "sensitive" -> sensitive = in.getBooleanValue();
      case "inReplyTo" -> parent = in.getText();
      case "context" -> context = in.getText();
      case "object" -> object = in.getText();
      case "quoteUri" -> quote = in.getText();
      case "via" -> thread = in.getText().equals("thread");
      case "tag" -> readItems(in, tagJson, TAG);
      case "attachment" -> readItems(in, attachmentJson, ATTACHMENT);
      default -> in.skipChildren();
    }
  }

  private static final String[] AUTHOR = {"id", "preferredUsername", "name", "url", "icon"};
  private static final String[] TAG = {"type", "href", "name"};
  private static final String[] ATTACHMENT = {"type", "mediaType", "url", "name", "width", "height"};
  private final String[] values = new String[6];
  private final boolean[] numeric = new boolean[6];

  private void readAuthor(JsonParser in) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      author = in.getText();
      if (!author.isEmpty()) authorJson.open().string("id", author).close();
      return;
    }
    readObject(in, AUTHOR);
    if (values[0] == null) return;
    author = values[0];
    writeObject(authorJson, AUTHOR);
  }

  private void readItems(JsonParser in, Out out, String[] names) throws IOException {
    while (in.nextToken() == JsonToken.START_OBJECT) {
      if (!readObject(in, names)) continue;
      out.raw(out.size == 0 ? '[' : ',');
      writeObject(out, names);
    }
    if (out.size > 0) out.raw(']');
  }

  private boolean readObject(JsonParser in, String[] names) throws IOException {
    java.util.Arrays.fill(values, null);
    boolean any = false;
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      int at = 0;
      while (at < names.length && !names[at].equals(name)) at++;
      if (at == names.length || !token.isScalarValue() || token == JsonToken.VALUE_NULL) {
        in.skipChildren();
        continue;
      }
      String value = in.getText();
      if (value.isEmpty()) continue;
      values[at] = value;
      numeric[at] = token.isNumeric();
      any = true;
    }
    return any;
  }

  private void writeObject(Out out, String[] names) {
    out.open();
    for (int i = 0; i < names.length; i++) {
      if (values[i] == null) continue;
      if (numeric[i]) {
        out.key(names[i]).ascii(values[i]);
      } else {
        out.string(names[i], values[i]);
      }
    }
    out.close();
  }

  private void writeContent() {
    content.open();
    if (!url.isEmpty()) content.string("url", url);
    if (updated != NO_TIME) content.time("updated", updated);
    if (authorJson.size > 0) content.key("attributedTo").raw(authorJson.bytes, 0, authorJson.size);
    boolean note = type == Type.NOTE;
    if (note && !text.isEmpty()) content.string("content", text);
    if (note && !summary.isEmpty()) content.string("summary", summary);
    if (!language.isEmpty()) content.string("language", language);
    if (sensitive) content.literal("sensitive", "true");
    if (note && !quote.isEmpty()) content.string("quoteUri", quote);
    if (note && tagJson.size > 0) content.key("tag").raw(tagJson.bytes, 0, tagJson.size);
    if (note && attachmentJson.size > 0) {
      content.key("attachment").raw(attachmentJson.bytes, 0, attachmentJson.size);
    }
    content.close();
  }
}
