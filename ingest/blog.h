// What blogs and feeds share: ids of people who have none, dates, paragraphs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "ingest/archive.h"

namespace latecomer {

// "Tue, 25 Jun 2013 18:14:45 +0000" (RFC 822, as RSS has it).
std::optional<TimeMs> ParseRfc822(std::string_view text);

// "2013-06-25 18:14:45", which is UTC; "0000-00-00 00:00:00" is nothing.
std::optional<TimeMs> ParseWordPressTime(std::string_view text);

// Whether the text is an absolute URI: a scheme, a colon, no white space.
bool IsAbsoluteUri(std::string_view text);

// The id of someone of whom only a name on this site is known: SITE#author-NAME, percent-encoded.
std::string NamedAuthorId(std::string_view site, std::string_view name);

std::string PercentDecode(std::string_view text);

// WordPress keeps paragraphs as blank lines and makes the markup when it shows a post.
std::string WordPressParagraphs(std::string_view content);

// Adds the hashtags of the text of sanitised HTML.
void AddHashtagsOfText(ArchivePost& post, Post& to);

// Title and body as one HTML, the title as a heading. The body is HTML from outside.
std::string TitledHtml(std::string_view title, std::string_view body);

std::string_view Trim(std::string_view text);

}  // namespace latecomer
