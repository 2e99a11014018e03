#include "app/ingest_part.h"

#include <algorithm>
#include <filesystem>

#include "app/importer.h"
#include "app/setup.h"
#include "base/log.h"

namespace latecomer {
namespace {

// The files of an archive source: itself, or what lies in the folder, by name.
std::vector<std::string> FilesOf(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return {path};
  std::vector<std::string> files;
  for (const auto& item : std::filesystem::directory_iterator(path, error)) {
    const std::string name = item.path().filename().string();
    if (item.is_regular_file(error) && !name.starts_with('.')) {
      files.push_back(item.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

IngestPart::IngestPart(PartContext context)
    : context_(std::move(context)), sources_left_(context_.settings->sources.size()) {}

Status IngestPart::Start() {
  for (const SourceSettings& source : context_.settings->sources) {
    if (source.kind != "archive") {
      return Fatal("source \"" + source.name + "\": kind \"" + source.kind +
                   "\" is not part of this version; take it out of the settings");
    }
  }
  for (const SourceSettings& source : context_.settings->sources) {
    context_.crew.Launch("source " + source.name, [this, &source](const std::stop_token& stop) {
      return ReadSource(source, stop);
    });
  }
  return {};
}

void IngestPart::Report(HealthReport& report) const { static_cast<void>(report); }
void IngestPart::Collect(MetricFamilies& out) const { static_cast<void>(out); }

Status IngestPart::ReadSource(const SourceSettings& source, const std::stop_token& stop) {
  std::vector<std::string> hashtags = source.hashtags;
  if (hashtags.empty()) {
    for (const HashtagSettings& all : context_.settings->hashtags) hashtags.push_back(all.hashtag);
  }
  for (const std::string& hashtag : hashtags) {
    if (Status imported = Import(source, hashtag, stop); !imported) return imported;
  }
  --sources_left_;
  return {};
}

Status IngestPart::Import(const SourceSettings& source, const std::string& hashtag,
                          const std::stop_token& stop) {
  ImportRequest request;
  request.hashtag = context_.settings->ForHashtag(hashtag);
  request.files = FilesOf(source.path);
  request.spool_directory = SpoolDirectory(*context_.settings);
  ProgressBar progress;
  Result<ImportOutcome> outcome = ImportArchives(*context_.stream, request, progress, stop);
  progress.Clear();
  if (!outcome) return outcome.error();
  if (!outcome->damage.empty()) spdlog::warn("source {}: {}", source.name, outcome->damage);
  spdlog::info("source {}: {}", source.name, ImportCountsText(outcome->counts));
  return {};
}

}  // namespace latecomer
